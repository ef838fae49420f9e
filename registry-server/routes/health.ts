import { permits } from '../authentication/principal.ts';
import { recordOf } from '../before-koa/http-record.ts';
import { ref } from '../openapi/schemas.ts';
import { statusOf } from '../readiness.ts';
import { type Resource, route } from './route.ts';

const mediaType = 'application/json';

export const health: Resource = {
  name: 'Health',
  description: 'For probes. Open to all.',
  isInContexts: false,
  isForProbes: true,
  routes: [
    route('GET', '/health', {
      id: 'getHealth',
      summary: 'See that the process lives',
      needs: 'open',
      reply: { description: 'It does.', schema: ref('Health'), mediaType },
      handle(ctx) {
        ctx.body = { status: 'up' };
      },
    }),

    route('GET', '/ready', {
      id: 'getReadiness',
      summary: 'See that requests can be answered',
      description:
        'Only an admin is told more than the status. On the port of the metrics /ready tells everything to all.',
      needs: 'optional',
      reply: {
        description: 'They can; `degraded`: without Redis, S3 or room to write.',
        schema: ref('Readiness'),
        mediaType,
      },
      otherReplies: [{ status: 503, description: 'They cannot.', schema: ref('Readiness'), mediaType }],
      async handle(ctx, _registry, { readiness }) {
        const found = await readiness();
        const { principal } = recordOf(ctx).admission;
        ctx.status = statusOf(found);
        // What stands behind the registry is told to an admin alone; the operator asks the metrics port.
        ctx.body = principal && permits(principal, 'admin') ? found : { status: found.status };
      },
    }),
  ],
};
