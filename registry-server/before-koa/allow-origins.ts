import { isAllowed } from './origins.ts';
import type { Station } from './station.ts';

const METHODS = 'GET, POST, PUT, DELETE, OPTIONS';
const HEADERS = 'Authorization, Content-Type, X-Request-Id';
const MAX_AGE_SECONDS = '600';

/**
 * Lets scripts of the listed origins use the API. It stands before all that answers, so that all answers are alike, errors
 * among them: a middleware of Koa would never see what is answered from memory.
 */
export function allowOrigins(origins: readonly string[], apiKeyHeader: string): Station {
  return (next) => (record) => {
    const { request, response } = record;
    const asked = request.headers.origin;
    response.appendHeader('Vary', 'Origin');
    const isListed = asked !== undefined && isAllowed(origins, asked);
    if (isListed) {
      response.setHeader('Access-Control-Allow-Origin', asked);
      response.setHeader('Access-Control-Expose-Headers', 'X-Request-Id');
    }
    const isPreflight =
      request.method === 'OPTIONS' && asked && request.headers['access-control-request-method'];
    if (!isPreflight) return next(record);
    if (isListed) {
      response.setHeader('Access-Control-Allow-Methods', METHODS);
      response.setHeader('Access-Control-Allow-Headers', `${HEADERS}, ${apiKeyHeader}`);
      response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    }
    response.writeHead(204).end();
  };
}
