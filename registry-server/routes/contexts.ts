import { RegistryError } from '../errors.ts';
import { DEFAULT_CONTEXT, readContextName } from '../subject-name.ts';
import { pageOf, parameter, query, slicePage } from './read-request.ts';
import type { Route } from './route.ts';

export const contexts: Route = (router, { store }) => {
  router.get('/contexts', async (ctx) => {
    const prefix = query(ctx, 'contextPrefix') ?? '';
    const found = (await store.listContexts()).filter((context) => context.startsWith(prefix));
    ctx.body = slicePage(found, pageOf(ctx));
  });

  router.delete('/contexts/:context', async (ctx) => {
    const context = readContextName(parameter(ctx, 'context'));
    if (context === undefined) throw new RegistryError('BAD_REQUEST');
    // The default one is always there: it goes only as far as it can.
    const isGone = context === DEFAULT_CONTEXT ? await isEmpty(context) : await store.removeContext(context);
    if (!isGone) throw new RegistryError('CONTEXT_NOT_EMPTY', { subject: context });
    ctx.status = 204;
  });

  async function isEmpty(context: string): Promise<boolean> {
    const filter = { context, prefix: '', show: 'all' } as const;
    return (await store.listSubjects(filter, { offset: 0, limit: 1 })).length === 0;
  }
};
