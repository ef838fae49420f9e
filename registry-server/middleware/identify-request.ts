import { randomUUID } from 'node:crypto';
import type { Middleware } from 'koa';

/** The caller's, where it is fit to be logged and sent back. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}

/** Takes the caller's request id, or makes one, and sends it back. */
export const identifyRequest: Middleware = async (ctx, next) => {
  ctx.state.requestId = requestIdOf(ctx.get('X-Request-Id'));
  ctx.set('X-Request-Id', ctx.state.requestId);
  await next();
};
