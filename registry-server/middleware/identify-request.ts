import type { Middleware } from 'koa';
import { recordOf } from '../before-koa/http-record.ts';

/** Sends the id of the request back. */
export const identifyRequest: Middleware = async (ctx, next) => {
  ctx.set('X-Request-Id', recordOf(ctx).id);
  await next();
};
