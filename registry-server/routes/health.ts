import { Router } from '@koa/router';
import { permits, principalOf } from '../authentication/principal.ts';
import { type Readiness, statusOf } from '../readiness.ts';

/**
 * For probes and load balancers. Open to all, and never behind the time limit. What stands behind the registry is told
 * to an admin alone; the operator asks the metrics port.
 */
export function healthRouter(readiness: () => Promise<Readiness>): Router {
  const router = new Router();

  router.get('/health', (ctx) => {
    ctx.body = { status: 'up' };
  });

  router.get('/ready', async (ctx) => {
    const found = await readiness();
    const principal = principalOf(ctx.req);
    ctx.status = statusOf(found);
    ctx.body = principal && permits(principal, 'admin') ? found : { status: found.status };
  });

  return router;
}
