import type { Router } from '@koa/router';
import type { Registry } from '../registry.ts';
import type { AboutServer, Resource } from './route.ts';

export function addRoutes(
  router: Router,
  resources: readonly Resource[],
  registry: Registry,
  server: AboutServer,
): void {
  for (const { method, path, handle } of resources.flatMap(({ routes }) => routes))
    router.register(path, [method], (ctx) => handle(ctx, registry, server));
}
