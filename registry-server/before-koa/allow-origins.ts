import type { RequestListener } from 'node:http';

const METHODS = 'GET, POST, PUT, DELETE, OPTIONS';
const HEADERS = 'Authorization, Content-Type, X-Request-Id';
const MAX_AGE_SECONDS = '600';

// One wildcard at most, as the first label of the host.
const origin = /^https?:\/\/(\*\.)?(\[[0-9a-f:]+\]|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)(:\d{1,5})?$/;

/** Origins with commas between, as a browser sends them; throws with the one that is none. */
export function parseOrigins(given: string): readonly string[] {
  const origins = given.split(',').map((one) => one.trim());
  const wrong = origins.find((one) => one !== '*' && !origin.test(one));
  if (wrong === undefined) return origins;
  throw new Error(
    `has "${wrong}", which is no origin; write *, https://app.example.com or https://*.example.com, in lower case and without a path`,
  );
}

/** A wildcard stands for one label: https://*.example.com is neither https://example.com nor https://a.b.example.com. */
export function isAllowed(origins: readonly string[], asked: string): boolean {
  return origins.some((allowed) => {
    const [before, after] = allowed.split('*.');
    if (allowed === '*' || after === undefined) return allowed === '*' || allowed === asked;
    if (!asked.startsWith(before as string) || !asked.endsWith(`.${after}`)) return false;
    return /^[a-z0-9_-]+$/.test(asked.slice((before as string).length, -after.length - 1));
  });
}

/**
 * Lets scripts of the listed origins use the API. It stands before the front and Koa, so that both answer alike, errors
 * among them: a middleware of Koa would never see what the front answers.
 */
export function allowOrigins(
  origins: readonly string[],
  apiKeyHeader: string,
  rest: RequestListener,
): RequestListener {
  return (request, response) => {
    const asked = request.headers.origin;
    response.appendHeader('Vary', 'Origin');
    const isListed = asked !== undefined && isAllowed(origins, asked);
    if (isListed) {
      response.setHeader('Access-Control-Allow-Origin', asked);
      response.setHeader('Access-Control-Expose-Headers', 'X-Request-Id');
    }
    const isPreflight =
      request.method === 'OPTIONS' && asked && request.headers['access-control-request-method'];
    if (!isPreflight) return rest(request, response);
    if (isListed) {
      response.setHeader('Access-Control-Allow-Methods', METHODS);
      response.setHeader('Access-Control-Allow-Headers', `${HEADERS}, ${apiKeyHeader}`);
      response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    }
    response.writeHead(204).end();
  };
}
