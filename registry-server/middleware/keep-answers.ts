import type { Middleware } from 'koa';
import { keptBytes } from '../before-koa/kept-bytes.ts';
import { type Basis, type KnownPosts, revisionsOf } from '../before-koa/known-posts.ts';
import { rawBodyOf } from './read-body.ts';

/** Keeps what a route says it answered from the store's cache alone: `ctx.state.basis`. */
export function keepAnswers(known: KnownPosts): Middleware {
  return async (ctx, next) => {
    await next();
    const basis = ctx.state.basis as Basis | undefined;
    if (!basis || typeof ctx._matchedRoute !== 'string') return;
    const sent = rawBodyOf(ctx.req);
    if (!sent) return;
    const body = keptBytes(ctx.body);
    ctx.body = body;
    const { name, state, schema } = basis;
    const route = ctx._matchedRoute;
    known.keep(ctx.req.url ?? '', sent, { name, revisions: revisionsOf(state), schema, route, body });
  };
}
