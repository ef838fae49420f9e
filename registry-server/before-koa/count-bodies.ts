import type { BytesUnderWay } from '../requests/bytes-under-way.ts';
import { beginCounting } from './counted-body.ts';
import type { Station } from './station.ts';

/** Shorter bodies are not counted: connections are, and they cost as much. */
const UNCOUNTED_BYTES = 16 * 1024;

/** Counts what requests hold of their bodies, from the first byte until they are answered. */
export function countBodies(underWay: BytesUnderWay): Station {
  return (next) => (record) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = record.request.headers;
    if (encoding !== undefined || Number(length) > UNCOUNTED_BYTES) {
      const counted = beginCounting(underWay);
      record.countedBody = counted;
      record.response.once('close', counted.end);
    }
    next(record);
  };
}
