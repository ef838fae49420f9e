import type { BytesUnderWay, Held } from '../requests/bytes-under-way.ts';

/** To be told of all that is read of a body, before it is read. */
export interface CountedBody extends Held {
  /** Nothing more of it is to be read. */
  readonly hasGivenWay: () => boolean;
  /** Called once, when it gives way. The last listener is told. */
  onGivingWay(listener: () => void): void;
}

export function beginCounting(underWay: BytesUnderWay): CountedBody {
  let hasGivenWay = false;
  let tell = (): void => {};
  const held = underWay.begin(() => {
    hasGivenWay = true;
    tell();
  });
  return {
    ...held,
    hasGivenWay: () => hasGivenWay,
    onGivingWay: (listener) => {
      tell = listener;
    },
  };
}
