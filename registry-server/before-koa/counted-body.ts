import type { BytesUnderWay, SentBytes } from '../requests/bytes-under-way.ts';

/** Whoever reads a body tells this of all that it reads. */
export interface CountedBody extends SentBytes {
  /** Says that nothing more of the body is to be read. */
  readonly hasGivenWay: () => boolean;
  /** The listener that came last is called once, when the body gives way. */
  onGivingWay(listener: () => void): void;
}

export function beginCounting(underWay: BytesUnderWay): CountedBody {
  let hasGivenWay = false;
  let tell = (): void => {};
  const sent = underWay.begin(() => {
    hasGivenWay = true;
    tell();
  });
  return {
    ...sent,
    hasGivenWay: () => hasGivenWay,
    onGivingWay: (listener) => {
      tell = listener;
    },
  };
}
