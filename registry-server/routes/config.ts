import { type CompatibilityLevel, compatibilityLevels } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import { type JsonObject, readBody } from '../middleware/read-body.ts';
import {
  type ConfigChange,
  changeConfig,
  deleteConfig,
  type EffectiveConfig,
  getConfig,
} from '../services/change-config.ts';
import { getWritableName, parseSubjectName } from '../subject-name.ts';
import { flag, parameter } from './read-request.ts';
import type { Route } from './route.ts';

export const config: Route = (router, registry) => {
  // Without a subject: that of the default context.
  for (const path of ['/config', '/config/:subject']) {
    router.get(path, async (ctx) => {
      const name = parseSubjectName(parameter(ctx, 'subject'));
      ctx.body = writeConfig(await getConfig(registry, name, flag(ctx, 'defaultToGlobal')));
    });

    router.put(path, async (ctx) => {
      const name = getWritableName(parameter(ctx, 'subject'), 'settings');
      const change = readChange(await readBody(ctx, registry.maxBodyBytes));
      ctx.body = await changeConfig(registry.store, name, change);
    });

    router.delete(path, async (ctx) => {
      const name = parseSubjectName(parameter(ctx, 'subject'));
      ctx.body = writeConfig(await deleteConfig(registry, name));
    });
  }
};

function writeConfig({ compatibility, normalize }: EffectiveConfig) {
  return { compatibilityLevel: compatibility, normalize };
}

function readChange(body: JsonObject): ConfigChange {
  const change: { compatibility?: CompatibilityLevel | null; normalize?: boolean | null } = {};
  if (body.compatibility !== undefined) change.compatibility = readLevel(body.compatibility);
  const normalize = body.normalize;
  if (normalize !== undefined) {
    if (normalize !== null && typeof normalize !== 'boolean') {
      throw new RegistryError('BAD_REQUEST', { detail: '"normalize" must be true, false or null' });
    }
    change.normalize = normalize;
  }
  return change;
}

function readLevel(value: unknown): CompatibilityLevel | null {
  if (value === null) return null;
  const level = compatibilityLevels.find((name) => name === String(value).toUpperCase());
  if (!level) throw new RegistryError('INVALID_COMPATIBILITY');
  return level;
}
