import type { Middleware } from 'koa';
import type { Basis, KnownPosts } from '../known-posts.ts';
import { rawBodyOf } from './read-body.ts';

/** Keeps what a route says it answered from the store's cache alone: `ctx.state.basis`. */
export function keepAnswers(known: KnownPosts): Middleware {
  return async (ctx, next) => {
    await next();
    const basis = ctx.state.basis as Basis | undefined;
    if (!basis || typeof ctx._matchedRoute !== 'string') return;
    const sent = rawBodyOf(ctx.req);
    if (!sent) return;
    const body = Buffer.from(JSON.stringify(ctx.body));
    ctx.body = body;
    known.keep(ctx.req.url ?? '', sent, { ...basis, route: ctx._matchedRoute, body });
  };
}
