import type { Middleware } from 'koa';
import { recordOf } from '../before-koa/http-record.ts';
import { keptBytes } from '../before-koa/kept-bytes.ts';
import { type KnownPosts, revisionsOf } from '../before-koa/known-posts.ts';

/** Keeps what a route says it answered from the store's cache alone, in the record of its request. */
export function keepAnswers(knownPosts: KnownPosts): Middleware {
  return async (ctx, next) => {
    await next();
    const { basis, rawBody, url } = recordOf(ctx);
    if (!basis || !rawBody || typeof ctx._matchedRoute !== 'string') return;
    const body = keptBytes(ctx.body);
    ctx.body = body;
    const { name, state, schema } = basis;
    const route = ctx._matchedRoute;
    knownPosts.keep(url, rawBody, { name, revisions: revisionsOf(state), schema, route, body });
  };
}
