import { readBody } from '../middleware/read-body.ts';
import { readConfigChange } from '../reading/read-config-change.ts';
import { changeConfig, deleteConfig, getConfig } from '../services/change-config.ts';
import type { ScopedConfig } from '../services/effective-settings.ts';
import { flag, subjectOf, writableSubjectOf } from './read-request.ts';
import type { Route } from './route.ts';

export const config: Route = (router, registry) => {
  // Without a subject: that of the default context.
  for (const path of ['/config', '/config/:subject']) {
    router.get(path, async (ctx) => {
      const name = subjectOf(ctx);
      ctx.body = writeConfig(await getConfig(registry, name, flag(ctx, 'defaultToGlobal')));
    });

    router.put(path, async (ctx) => {
      const name = writableSubjectOf(ctx, 'settings');
      const change = readConfigChange(await readBody(ctx, registry.maxBodyBytes));
      ctx.body = await changeConfig(registry.store, name, change);
    });

    router.delete(path, async (ctx) => {
      const name = subjectOf(ctx);
      ctx.body = writeConfig(await deleteConfig(registry, name));
    });
  }
};

function writeConfig({ compatibility, ...rest }: ScopedConfig) {
  return { compatibilityLevel: compatibility, ...rest };
}
