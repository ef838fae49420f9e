import type { Middleware } from 'koa';
import { requestIdOf } from '../requests/request-id.ts';

/** Takes the caller's request id, or makes one, and sends it back. */
export const identifyRequest: Middleware = async (ctx, next) => {
  ctx.state.requestId = requestIdOf(ctx.get('X-Request-Id'));
  ctx.set('X-Request-Id', ctx.state.requestId);
  await next();
};
