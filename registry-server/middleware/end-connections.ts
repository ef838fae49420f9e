import type { Middleware } from 'koa';
import type { Lifecycle } from '../lifecycle.ts';

/** While draining, clients are told to connect elsewhere: none sends into a connection that is just being closed. */
export function endConnections(lifecycle: Lifecycle): Middleware {
  return async (ctx, next) => {
    await next();
    if (lifecycle.phase.is === 'draining') ctx.set('Connection', 'close');
  };
}
