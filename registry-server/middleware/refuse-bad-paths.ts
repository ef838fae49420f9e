import type { Middleware } from 'koa';
import { RegistryError } from '../errors.ts';

/** A path with a broken escape names nothing; the router would take it literally. */
export const refuseBadPaths: Middleware = async (ctx, next) => {
  // The prefix of a context is taken off before: what still has it does not name one.
  if (/^\/contexts\/[^/]*\/./.test(ctx.path)) {
    throw new RegistryError('BAD_REQUEST', {
      detail: 'The path names no context: write /contexts/.name/…, without a colon in the name',
    });
  }
  if (ctx.path.includes('%')) {
    try {
      decodeURIComponent(ctx.path);
    } catch (error) {
      throw new RegistryError('BAD_REQUEST', {}, { cause: error });
    }
  }
  // PostgreSQL holds no NUL, so nothing is named with one; in a path the routes say so.
  if (ctx.querystring.includes('%00')) throw new RegistryError('BAD_REQUEST');
  await next();
};
