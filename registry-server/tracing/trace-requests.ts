import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { ServerSpan, SpanFields, Tracer } from './tracer.ts';

interface Traced extends IncomingMessage {
  trace?: ServerSpan;
  /** The pattern of its path, once somebody knows it. */
  route?: string;
}

/** undefined where none is kept. */
export function traceOf(request: IncomingMessage): ServerSpan | undefined {
  return (request as Traced).trace;
}

/** Notes which route took it. */
export function noteRoute(request: Traced, route: string): void {
  if (request.trace?.isSampled) request.route = route;
}

/** A span for each request, but for the probes: they would be most of all traces, and say what /ready says. */
export function traceRequests(tracer: Tracer, rest: RequestListener): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    if (path !== '/health' && path !== '/ready') {
      const trace = tracer.start(request.headers);
      (request as Traced).trace = trace;
      if (trace.isSampled) response.once('close', () => end(trace, path, request, response));
    }
    rest(request, response);
  };
}

/**
 * What follows belongs to the request's trace. Not where the span begins: a body that is read in between ends in events,
 * and those know nothing of who waits for them.
 */
export function enterTrace(rest: RequestListener): RequestListener {
  return (request, response) => {
    const trace = traceOf(request);
    if (trace?.isSampled) trace.run(() => rest(request, response));
    else rest(request, response);
  };
}

/** By OpenTelemetry's conventions for HTTP. The query is left out: what may be in it is for clients to say. */
function end(trace: ServerSpan, path: string, request: Traced, response: ServerResponse): void {
  const { method = '', headers, route } = request;
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
