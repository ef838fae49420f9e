import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

/** Takes the caller's request id, or makes one, and sends it back. */
export const identifyRequest: Middleware = async (ctx, next) => {
  const given = ctx.get('X-Request-Id');
  ctx.state.requestId = /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
  ctx.set('X-Request-Id', ctx.state.requestId);
  await next();
};
