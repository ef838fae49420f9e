import { compatibilityLevels, compatibilityPolicies } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import { type JsonObject, readBody } from '../middleware/read-body.ts';
import { type ConfigChange, changeConfig, deleteConfig, getConfig } from '../services/change-config.ts';
import type { ScopedConfig } from '../services/effective-settings.ts';
import { getWritableName } from '../subject-name.ts';
import { flagAt, oneOf, readMetadata, readRuleSet, stringAt } from './read-contract.ts';
import { flag, parameter, subjectOf } from './read-request.ts';
import type { Route } from './route.ts';

export const config: Route = (router, registry) => {
  // Without a subject: that of the default context.
  for (const path of ['/config', '/config/:subject']) {
    router.get(path, async (ctx) => {
      const name = subjectOf(ctx);
      ctx.body = writeConfig(await getConfig(registry, name, flag(ctx, 'defaultToGlobal')));
    });

    router.put(path, async (ctx) => {
      const name = getWritableName(parameter(ctx, 'subject'), 'settings');
      const change = readChange(await readBody(ctx, registry.maxBodyBytes));
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

type Reader<T> = (value: unknown, field: string) => T;

/** How each is read that a client sends. */
export const configFields: { readonly [field in keyof ConfigChange]-?: Reader<ConfigChange[field]> } = {
  compatibility: readLevel,
  compatibilityGroup: stringAt,
  compatibilityPolicy: (value, field) => oneOf(String(value).toUpperCase(), field, compatibilityPolicies),
  normalize: flagAt,
  validateFields: flagAt,
  validateNewSchemas: flagAt,
  validateRules: flagAt,
  alias: readAlias,
  aliasForDeks: readAlias,
  defaultMetadata: readMetadata,
  overrideMetadata: readMetadata,
  defaultRuleSet: readRuleSet,
  overrideRuleSet: readRuleSet,
};

/** Fields that the API does not have are passed over, as in every body. */
export function readChange(body: JsonObject): ConfigChange {
  const sent = Object.entries<Reader<unknown>>(configFields).filter(([field]) => body[field] !== undefined);
  return Object.fromEntries(
    sent.map(([field, read]) => [field, body[field] === null ? null : read(body[field], field)]),
  );
}

function readLevel(value: unknown) {
  const level = compatibilityLevels.find((name) => name === String(value).toUpperCase());
  if (!level) throw new RegistryError('INVALID_COMPATIBILITY');
  return level;
}

function readAlias(value: unknown, field: string): string {
  const alias = stringAt(value, field);
  if (alias !== '') getWritableName(alias, 'a schema');
  return alias;
}
