import type { HttpRecord } from '../before-koa/http-record.ts';
import type { Handler, Station } from '../before-koa/station.ts';
import type { ServerSpan, SpanFields, Tracer } from './tracer.ts';

/** A span for each request, but for the probes: they would be most of all traces, and say what /ready says. */
export function traceRequests(tracer: Tracer): Station {
  return (next) => (record) => {
    const { request, response } = record;
    const path = request.url?.split('?')[0] ?? '';
    if (path !== '/health' && path !== '/ready') {
      const trace = tracer.start(request.headers);
      record.trace = trace;
      if (trace.isSampled) response.once('close', () => end(trace, path, record));
    }
    next(record);
  };
}

/**
 * What follows belongs to the request's trace. Not where the span begins: a body that is read in between ends in events,
 * and those know nothing of who waits for them.
 */
export function enterTrace(next: Handler): Handler {
  return (record) => {
    const { trace } = record;
    if (trace?.isSampled) trace.run(() => next(record));
    else next(record);
  };
}

/** Ends the span by OpenTelemetry's conventions for HTTP. The query is left out: what may be in it is for clients to say. */
function end(trace: ServerSpan, path: string, { request, response, method, route }: HttpRecord): void {
  const { headers } = request;
  const status = response.statusCode;
  const isSecure = 'encrypted' in request.socket;
  const host = URL.parse(`http://${headers.host}`);
  const fields: SpanFields = {
    'http.request.method': method,
    'url.path': path,
    'url.scheme': isSecure ? 'https' : 'http',
    'network.protocol.version': request.httpVersion,
    ...(response.headersSent ? { 'http.response.status_code': status } : {}),
    ...(route === undefined ? {} : { 'http.route': route }),
    ...(host
      ? { 'server.address': host.hostname, 'server.port': Number(host.port) || (isSecure ? 443 : 80) }
      : {}),
    ...(headers['user-agent'] === undefined ? {} : { 'user_agent.original': headers['user-agent'] }),
  };
  const failure = !response.writableFinished ? 'aborted' : status >= 500 ? String(status) : undefined;
  trace.end(route === undefined ? method : `${method} ${route}`, fields, failure);
}
