import type { Resource } from '../operation.ts';
import { listOf } from '../schemas.ts';

export const contexts: Resource = {
  name: 'Contexts',
  description: 'Registries within the registry, each with ids and settings of its own.',
  isInContexts: false,
  operations: [
    {
      id: 'listContexts',
      method: 'get',
      path: '/contexts',
      summary: 'List the contexts',
      query: ['contextPrefix', 'offset', 'limit'],
      reply: {
        description: 'The default one, `.`, comes first.',
        schema: listOf({ type: 'string' }),
        example: ['.', '.staging'],
      },
      errors: ['NO_SUCH_PATH'],
    },
    {
      id: 'deleteContext',
      method: 'delete',
      path: '/contexts/{context}',
      summary: 'Delete a context that has no subject left',
      reply: { status: 204, description: 'It is gone.' },
      errors: ['CONTEXT_NOT_EMPTY', 'NOT_PERMITTED'],
    },
  ],
};
