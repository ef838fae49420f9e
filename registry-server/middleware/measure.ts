import type { Middleware } from 'koa';
import type { Metrics } from '../metrics.ts';
import { noteRoute } from '../tracing/trace-requests.ts';

/** Counts by the route's pattern: subjects in labels would never end. */
export function measure(metrics: Metrics): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const route = typeof ctx._matchedRoute === 'string' ? ctx._matchedRoute : 'none';
    if (route !== 'none') noteRoute(ctx.req, route);
    metrics.request(route, ctx.method, ctx.status, (performance.now() - started) / 1000);
  };
}
