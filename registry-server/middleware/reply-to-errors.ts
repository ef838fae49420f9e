import type { Middleware } from 'koa';
import { namesOf, recordOf } from '../before-koa/http-record.ts';
import { RegistryError } from '../errors.ts';
import type { Log } from '../log.ts';
import { mediaTypes } from '../reading/media-types.ts';
import { logFailure } from '../requests/log-failure.ts';
import { toRegistryError } from '../requests/to-registry-error.ts';
import { writeError } from '../writing/write-error.ts';

/** Turns what is thrown, and what no route took, into Confluent's error bodies. */
export function replyToErrors(log: Log): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.body !== undefined) return;
      if (ctx.status === 404) throw new RegistryError('NO_SUCH_PATH');
      if (ctx.status === 405 || ctx.status === 501) throw new RegistryError('METHOD_NOT_ALLOWED');
    } catch (error) {
      const reply = toRegistryError(error);
      logFailure(log, error, namesOf(recordOf(ctx), ctx.path));
      ctx.status = reply.status;
      // The rest of its body is not read.
      if (reply.kind === 'OVERLOADED') ctx.set({ Connection: 'close', 'Retry-After': '1' });
      if (!ctx.response.get('Content-Type')) ctx.set('Content-Type', mediaTypes[0]);
      ctx.body = writeError(reply);
    }
  };
}
