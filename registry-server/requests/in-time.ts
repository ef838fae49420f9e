import type { RegistryError } from '../errors.ts';
import { within } from '../waiting/within.ts';

/**
 * What the work comes to, or the error when it is late. The work is told by the signal, and begins nothing new.
 * @param failedLate what became of it then; nobody else hears of that
 */
export async function inTime<T>(
  work: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number,
  lateError: () => RegistryError,
  failedLate: (error: unknown) => void,
): Promise<T> {
  const late = new AbortController();
  const working = work(late.signal);
  working.catch((error: unknown) => {
    if (late.signal.aborted && error !== late.signal.reason) failedLate(error);
  });
  return within(working, timeoutMs, (): never => {
    late.abort(lateError());
    throw late.signal.reason;
  });
}
