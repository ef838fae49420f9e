import type { Middleware } from 'koa';
import { recordOf } from '../before-koa/http-record.ts';
import { type NoteParts, noteRequest } from '../before-koa/note-request.ts';

/** Counts and logs what Koa has answered. */
export function noteRequests(parts: NoteParts): Middleware {
  return async (ctx, next) => {
    await next();
    const record = recordOf(ctx);
    if (typeof ctx._matchedRoute === 'string') record.route = ctx._matchedRoute;
    noteRequest(parts, record, ctx.status, ctx.path);
  };
}
