import { deleteContext } from '../services/delete-context.ts';
import { pageOf, parameter, query, slicePage } from './read-request.ts';
import type { Route } from './route.ts';

export const contexts: Route = (router, { store }) => {
  router.get('/contexts', async (ctx) => {
    const prefix = query(ctx, 'contextPrefix') ?? '';
    const found = (await store.listContexts()).filter((context) => context.startsWith(prefix));
    ctx.body = slicePage(found, pageOf(ctx));
  });

  router.delete('/contexts/:context', async (ctx) => {
    await deleteContext(store, parameter(ctx, 'context'));
    ctx.status = 204;
  });
};
