import { readBody } from '../middleware/read-body.ts';
import { readMode } from '../reading/read-mode.ts';
import { changeMode, deleteMode, getMode } from '../services/change-mode.ts';
import { flag, subjectOf, writableSubjectOf } from './read-request.ts';
import type { Route } from './route.ts';

export const mode: Route = (router, registry) => {
  const { store } = registry;
  // Without a subject: that of the default context.
  for (const path of ['/mode', '/mode/:subject']) {
    router.get(path, async (ctx) => {
      const name = subjectOf(ctx);
      ctx.body = { mode: await getMode(store, name, flag(ctx, 'defaultToGlobal')) };
    });

    router.put(path, async (ctx) => {
      const name = writableSubjectOf(ctx, 'settings');
      const wanted = readMode((await readBody(ctx, registry.maxBodyBytes)).mode);
      await changeMode(store, name, wanted, flag(ctx, 'force'), ctx.state.signal);
      ctx.body = { mode: wanted ?? undefined };
    });

    router.delete(path, async (ctx) => {
      const name = subjectOf(ctx);
      ctx.body = { mode: await deleteMode(store, name, flag(ctx, 'recursive')) };
    });
  }
};
