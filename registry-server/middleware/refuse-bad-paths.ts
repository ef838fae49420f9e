import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';

/** A path with a broken escape names nothing; the router would take it literally. */
export const refuseBadPaths: Middleware = async (ctx, next) => {
  if (ctx.path.includes('%')) {
    try {
      decodeURIComponent(ctx.path);
    } catch (error) {
      throw new RegistryError('BAD_REQUEST', {}, { cause: error });
    }
  }
  await next();
};
