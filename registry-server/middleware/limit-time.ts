import type { Middleware } from 'koa';
import { namesOf, recordOf } from '../before-koa/http-record.ts';
import { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { inTime } from '../requests/in-time.ts';
import { logFailure } from '../requests/log-failure.ts';

/** Answers in time, if only that it took too long, and whose time that was. A write that goes on is not acknowledged. */
export function limitTime(timeoutMs: number, log: Log): Middleware {
  return (ctx, next) =>
    inTime(
      (signal) => {
        recordOf(ctx).signal = signal;
        return next();
      },
      timeoutMs,
      () => new RegistryError(ctx.req.complete ? 'STORE_TIMEOUT' : 'BODY_TOO_SLOW'),
      (error) => logFailure(log, error, namesOf(recordOf(ctx), ctx.path)),
    );
}
