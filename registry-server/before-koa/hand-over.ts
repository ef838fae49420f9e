import type Koa from 'koa';
import type { Handler } from './station.ts';

/** Hands over to Koa, the last station. No route knows of the prefix of a context, so Koa is given the URL without it. */
export function handOver(app: Koa): Handler {
  const callback = app.callback();
  return ({ request, response, url }) => {
    request.url = url;
    callback(request, response);
  };
}
