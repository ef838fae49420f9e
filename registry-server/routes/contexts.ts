import { listOf } from '../openapi/schemas.ts';
import { deleteContext } from '../services/delete-context.ts';
import { pageOf, query, slicePage } from './read-request.ts';
import { type Resource, route } from './route.ts';

export const contexts: Resource = {
  name: 'Contexts',
  description: 'Registries within the registry, each with ids and settings of its own.',
  isInContexts: false,
  routes: [
    route('GET', '/contexts', {
      id: 'listContexts',
      summary: 'List the contexts',
      needs: 'reader',
      query: ['contextPrefix', 'offset', 'limit'],
      reply: {
        description: 'The default one, `.`, comes first.',
        schema: listOf({ type: 'string' }),
        example: ['.', '.staging'],
      },
      errors: ['NO_SUCH_PATH'],
      async handle(ctx, { store }) {
        const prefix = query(ctx, 'contextPrefix') ?? '';
        const found = (await store.listContexts()).filter((context) => context.startsWith(prefix));
        ctx.body = slicePage(found, pageOf(ctx));
      },
    }),

    route('DELETE', '/contexts/:context', {
      id: 'deleteContext',
      summary: 'Delete a context that has no subject left',
      needs: 'admin',
      reply: { status: 204, description: 'It is gone.' },
      errors: ['CONTEXT_NOT_EMPTY', 'NOT_PERMITTED'],
      async handle(ctx, { store }) {
        await deleteContext(store, ctx.params.context);
        ctx.status = 204;
      },
    }),
  ],
};
