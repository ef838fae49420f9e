import { compatibilityLevels, compatibilityPolicies } from '../compatibility/modes.ts';
import { RegistryError } from '../errors.ts';
import type { ConfigChange } from '../services/change-config.ts';
import { getWritableName } from '../subject-name.ts';
import type { JsonObject } from './json-object.ts';
import { readMetadata, readRuleSet } from './read-contract.ts';
import { booleanAt, oneOf, stringAt } from './value-at.ts';

type Reader<T> = (value: unknown, field: string) => T;

/** How each field of a config is read that a client sends. */
export const configFields: { readonly [field in keyof ConfigChange]-?: Reader<ConfigChange[field]> } = {
  compatibility: readLevel,
  compatibilityGroup: stringAt,
  compatibilityPolicy: (value, field) => oneOf(String(value).toUpperCase(), field, compatibilityPolicies),
  normalize: booleanAt,
  validateFields: booleanAt,
  validateNewSchemas: booleanAt,
  validateRules: booleanAt,
  alias: readAlias,
  aliasForDeks: readAlias,
  defaultMetadata: readMetadata,
  overrideMetadata: readMetadata,
  defaultRuleSet: readRuleSet,
  overrideRuleSet: readRuleSet,
};

/** Fields that the API does not have are passed over, as in every body. */
export function readConfigChange(body: JsonObject): ConfigChange {
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
