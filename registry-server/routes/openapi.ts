import { openApiDocument } from '../openapi/document.ts';
import type { Route } from './route.ts';

export const openapi: Route = (router, { credentials }) => {
  let bytes: Buffer | undefined;

  router.get('/openapi.json', (ctx) => {
    // Made when somebody asks: most servers are never asked.
    bytes ??= Buffer.from(JSON.stringify(openApiDocument(credentials)));
    ctx.set('Content-Type', 'application/json');
    ctx.body = bytes;
  });
};
