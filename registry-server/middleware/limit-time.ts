import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { logFailure } from './reply-to-errors.ts';

/** Answers in time, if only that it took too long, and whose time that was. A write that goes on is not acknowledged. */
export function limitTime(timeoutMs: number, log: Log): Middleware {
  return (ctx, next) =>
    inTime(
      (signal) => {
        ctx.state.signal = signal;
        return next();
      },
      timeoutMs,
      () => new RegistryError(ctx.req.complete ? 'STORE_TIMEOUT' : 'BODY_TOO_SLOW'),
      (error) =>
        logFailure(log, error, { requestId: ctx.state.requestId, method: ctx.method, path: ctx.path }),
    );
}

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
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.abort(lateError());
    reject(late.signal.reason);
  }, timeoutMs);
  const working = work(late.signal);
  working.catch((error: unknown) => {
    if (late.signal.aborted && error !== late.signal.reason) failedLate(error);
  });
  try {
    return await Promise.race([working, promise]);
  } finally {
    clearTimeout(timer);
  }
}
