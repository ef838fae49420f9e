import type { Middleware } from 'koa';
import { principalOf } from '../authentication/principal.ts';
import type { Log } from '../log.ts';
import { traceOf } from '../tracing/trace-requests.ts';

/** Of what went well. */
export function levelOf(method: string): 'debug' | 'info' {
  return method === 'GET' ? 'debug' : 'info';
}

/** One line per request: failures of ours as warnings, writes as info, the many reads as debug. */
export function accessLog(log: Log): Middleware {
  return async (ctx, next) => {
    const started = performance.now();
    await next();
    const level = ctx.status >= 500 && ctx.path !== '/ready' ? 'warn' : levelOf(ctx.method);
    log[level]('request', {
      requestId: ctx.state.requestId,
      traceId: traceOf(ctx.req)?.traceId,
      principal: principalOf(ctx.req)?.name,
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      durationMs: Math.round((performance.now() - started) * 100) / 100,
    });
  };
}
