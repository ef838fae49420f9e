import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';

/** Answers in time, if only that it took too long, and whose time that was. A write that goes on is not acknowledged. */
export function limitTime(timeoutMs: number): Middleware {
  return async (ctx, next) => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new RegistryError(ctx.req.complete ? 'STORE_TIMEOUT' : 'BODY_TOO_SLOW'));
      }, timeoutMs);
    });
    const work = next();
    // Once it is late nobody hears of its failure.
    work.catch(() => {});
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
