import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';

/** Answers in time, if only that it took too long, and whose time that was. A write that goes on is not acknowledged. */
export function limitTime(timeoutMs: number): Middleware {
  return (ctx, next) =>
    inTime(next(), timeoutMs, () => new RegistryError(ctx.req.complete ? 'STORE_TIMEOUT' : 'BODY_TOO_SLOW'));
}

/** What the work comes to, or the error when it is late. */
export async function inTime<T>(
  work: Promise<T>,
  timeoutMs: number,
  lateError: () => RegistryError,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(lateError()), timeoutMs);
  });
  // Once it is late nobody hears of its failure.
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
