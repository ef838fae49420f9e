import type { IncomingMessage, RequestListener } from 'node:http';
import type { BytesUnderWay, Held } from '../requests/bytes-under-way.ts';

/** Shorter bodies are not counted: connections are, and they cost as much. */
const UNCOUNTED_BYTES = 16 * 1024;

interface Counted extends Held {
  /** Nothing more of it is to be read. */
  readonly hasGivenWay: () => boolean;
  /** Called once, when it gives way. The last listener is told. */
  onGivingWay(listener: () => void): void;
}

interface CountedRequest extends IncomingMessage {
  counted?: Counted;
}

/** Counts what requests hold of their bodies, from the first byte until they are answered. */
export function countBodies(underWay: BytesUnderWay, rest: RequestListener): RequestListener {
  return (request: CountedRequest, response) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding !== undefined || Number(length) > UNCOUNTED_BYTES) {
      const counted = count(underWay);
      request.counted = counted;
      response.once('close', counted.end);
    }
    rest(request, response);
  };
}

function count(underWay: BytesUnderWay): Counted {
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

/** To be called by who reads a body, before anything of it is read. Undefined where it need not be counted. */
export function countedBody(request: IncomingMessage): Counted | undefined {
  return (request as CountedRequest).counted;
}
