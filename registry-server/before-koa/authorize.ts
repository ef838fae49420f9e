import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Authenticator } from '../authentication/authenticate.ts';
import { isRefusal, type Outcome } from '../authentication/outcome.ts';
import { keepPrincipal, permits } from '../authentication/principal.ts';
import { RegistryError } from '../errors.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { levelOf } from '../middleware/access-log.ts';
import { chooseMediaType, mediaTypes } from '../reading/media-types.ts';
import { requestIdOf } from '../requests/request-id.ts';
import { neededRole, operationOf } from '../routes/needed-role.ts';
import type { Need } from '../routes/route.ts';
import { traceOf } from '../tracing/trace-requests.ts';
import { withoutContextPrefix } from './context-prefix.ts';

export interface GuardParts {
  readonly authenticator: Authenticator;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly lifecycle: Lifecycle;
}

/** A request of which it matters who makes it. */
interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Without the prefix of a context. */
  readonly url: string;
  readonly startedMs: number;
  readonly need: Exclude<Need, 'open'>;
}

/**
 * Lets through who may do what they ask for. It stands before the front and Koa, so that both are behind one lock; a
 * server that asks nobody who they are has none.
 */
export function guard(
  { authenticator, metrics, log, lifecycle }: GuardParts,
  rest: RequestListener,
): RequestListener {
  return (request, response) => {
    // The front takes the prefix off for all that follow; here it is only looked behind.
    const url = withoutContextPrefix(request.url ?? '');
    const need = neededRole(request.method ?? '', url);
    if (need === 'open') {
      rest(request, response);
      return;
    }
    const asked: Asked = { request, response, url, need, startedMs: performance.now() };
    const outcome = authenticator.authenticate(request.headers);
    if (outcome instanceof Promise)
      outcome.then((found) => decide(asked, found)).catch((error) => fail(asked, error));
    else decide(asked, outcome);
  };

  function decide(asked: Asked, found: Outcome): void {
    if (isRefusal(found)) {
      // Who says nothing there is a probe; whoever tries keys there is on record as anywhere.
      if (asked.need === 'told' && found.reason === 'no-credentials') {
        rest(asked.request, asked.response);
        return;
      }
      metrics.authenticationFailed(found.reason);
      // Programs begin without, until they are told; so does the operator, which looks whether there is a lock.
      const level = found.reason === 'no-credentials' ? levelOf(asked.request.method ?? '') : 'info';
      reply(asked, found.error, { refused: found.reason }, level);
      return;
    }
    const { request, response, url, need } = asked;
    if (need === 'told' || permits(found, need)) {
      keepPrincipal(request, found);
      rest(request, response);
      return;
    }
    const detail = `${operationOf(request.method ?? '', url)}: this needs the role ${need}`;
    reply(asked, new RegistryError('FORBIDDEN', { detail }), { principal: found.name });
  }

  function fail(asked: Asked, error: Error): void {
    log.error('request failed', { path: asked.request.url, error: error.stack });
    reply(asked, new RegistryError('INTERNAL', {}, { cause: error }));
  }

  /** As the routes write theirs. */
  function reply(
    { request, response, url, startedMs }: Asked,
    { status, code, message }: RegistryError,
    fields: Readonly<Record<string, string>> = {},
    level: 'debug' | 'info' = 'info',
  ): void {
    const { method = '', headers } = request;
    const requestId = requestIdOf(headers['x-request-id']);
    const body = Buffer.from(JSON.stringify({ error_code: code, message }));
    const head = ['X-Request-Id', requestId];
    head.push('Content-Type', chooseMediaType(headers.accept ?? '') ?? mediaTypes[0]);
    if (status === 401)
      for (const challenge of authenticator.challenges) head.push('WWW-Authenticate', challenge);
    if (status === 503) head.push('Retry-After', '1');
    if (lifecycle.phase.is === 'draining') head.push('Connection', 'close');
    head.push('Content-Length', String(body.length));
    response.writeHead(status, head);
    response.end(body);
    const durationMs = performance.now() - startedMs;
    metrics.request('none', method, status, durationMs / 1000);
    const traceId = traceOf(request)?.traceId;
    log[status >= 500 ? 'warn' : level]('request', {
      requestId,
      traceId,
      method,
      path: url.split('?')[0],
      status,
      ...fields,
      durationMs: Math.round(durationMs * 100) / 100,
    });
  }
}
