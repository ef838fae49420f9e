const LOOK_MS = 15_000;
/** What probes, scrapes and the feed of changes take of one processor. */
const IDLE_SHARE = 0.02;
/** Processor time after which there is something to give back. */
const WORTH_SECONDS = 1;

/** Tells when a process has worked and is idle, which is once for each time that it works. */
export class Idleness {
  #usedSeconds: number;
  #collectedAtSeconds: number;

  /** @param usedSeconds processor time of the process so far, as everywhere here */
  constructor(usedSeconds = 0) {
    this.#usedSeconds = usedSeconds;
    this.#collectedAtSeconds = usedSeconds;
  }

  /** @param passedSeconds since it was asked last */
  isDue(usedSeconds: number, passedSeconds: number): boolean {
    const isIdle = usedSeconds - this.#usedSeconds < IDLE_SHARE * passedSeconds;
    this.#usedSeconds = usedSeconds;
    return isIdle && usedSeconds - this.#collectedAtSeconds > WORTH_SECONDS;
  }

  collected(usedSeconds: number): void {
    this.#usedSeconds = usedSeconds;
    this.#collectedAtSeconds = usedSeconds;
  }
}

/**
 * Gives memory back that a load has taken, once it is over: V8 keeps its pages for the next one, however long that may be
 * away. A collection then holds nobody up. Needs `--expose-gc`, and does nothing without.
 */
export function giveMemoryBackWhenIdle(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  const usedSeconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const idleness = new Idleness(usedSeconds());
  setInterval(() => {
    if (!idleness.isDue(usedSeconds(), LOOK_MS / 1000)) return;
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    idleness.collected(usedSeconds());
  }, LOOK_MS).unref();
}
