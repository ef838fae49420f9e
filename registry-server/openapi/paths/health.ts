import type { Resource } from '../operation.ts';
import { ref } from '../schemas.ts';

const mediaType = 'application/json';

export const health: Resource = {
  name: 'Health',
  description: 'For probes. Open to all.',
  isInContexts: false,
  operations: [
    {
      id: 'getHealth',
      method: 'get',
      path: '/health',
      summary: 'See that the process lives',
      reply: { description: 'It does.', schema: ref('Health'), mediaType },
    },
    {
      id: 'getReadiness',
      method: 'get',
      path: '/ready',
      summary: 'See that requests can be answered',
      description:
        'Only an admin is told more than the status. On the port of the metrics /ready tells everything to all.',
      reply: {
        description: 'They can; `degraded`: without Redis, S3 or room to write.',
        schema: ref('Readiness'),
        mediaType,
      },
      otherReplies: [{ status: 503, description: 'They cannot.', schema: ref('Readiness'), mediaType }],
    },
  ],
};
