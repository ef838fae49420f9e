import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';

/** Until the tables are there, nothing but the probes is answered. While draining, requests still are. */
export function waitForStart(lifecycle: Lifecycle): Middleware {
  return async (_ctx, next) => {
    const { phase } = lifecycle;
    if (phase.is === 'starting') throw new RegistryError('STORE_ERROR', { detail: phase.cause });
    await next();
  };
}
