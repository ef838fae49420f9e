import type { BytesUnderWay, SentBytes } from '../requests/bytes-under-way.ts';

/** To be told of all that is read of a body, before it is read. */
export interface CountedBody extends SentBytes {
  /** Nothing more of it is to be read. */
  readonly hasGivenWay: () => boolean;
  /** Called once, when it gives way. The last listener is told. */
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
