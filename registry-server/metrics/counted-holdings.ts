import type { Holdings } from '../store/store.ts';

/** How much there is, as it was last counted. */
export interface CountedHoldings {
  /** Tells what was counted last, without a wait. Where it is time to count again, that begins, and whoever asks next is told. */
  last(): Holdings | undefined;
  close(): void;
}

const LEAST_PAUSE_MS = 60_000;
/** Counting takes at most this part of the time of one connection, however many schemas there are. */
const SHARE = 1 / 500;

/**
 * Nobody pays for it where no metrics are read.
 * @param now milliseconds of a clock that only goes forward
 */
export function countedHoldings(
  count: (signal: AbortSignal) => Promise<Holdings>,
  canCount: () => boolean,
  now = () => performance.now(),
): CountedHoldings {
  const closing = new AbortController();
  let newest: Holdings | undefined;
  let nextMs = Number.NEGATIVE_INFINITY;
  let isCounting = false;

  async function countAgain(): Promise<void> {
    isCounting = true;
    const started = now();
    try {
      newest = await count(closing.signal);
    } catch {
      // A database that is out says so elsewhere; what was counted before is what is known.
    }
    const ended = now();
    nextMs = ended + Math.max(LEAST_PAUSE_MS, (ended - started) / SHARE);
    isCounting = false;
  }

  return {
    last() {
      if (!isCounting && canCount() && now() >= nextMs && !closing.signal.aborted) void countAgain();
      return newest;
    },
    close: () => closing.abort(),
  };
}
