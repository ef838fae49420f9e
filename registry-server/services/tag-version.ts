import { type Metadata, withVersion } from '../data-contracts/metadata.ts';
import { mergeRuleSets, type RuleSet, withoutRules } from '../data-contracts/rule-set.ts';
import type { Registry } from '../registry.ts';
import type { TagChanges } from '../schema-types/tags.ts';
import type { SubjectName } from '../subject-name.ts';
import { findVersion, getVersion, type VersionWanted } from './find-version.ts';
import { type Registered, registerSchema } from './register-schema.ts';

export interface TagRequest {
  /** The version it is to become; undefined: the next one. */
  readonly newVersion: number | undefined;
  readonly tagChanges: TagChanges | undefined;
  readonly metadata: Metadata | undefined;
  /** What the new version has; or else changes to the rules of the version before it. */
  readonly rules: { readonly ruleSet: RuleSet | undefined } | RuleChange;
  readonly signal?: AbortSignal | undefined;
}

export interface RuleChange {
  readonly merged: RuleSet | undefined;
  readonly removed: readonly string[];
}

/**
 * A new version: the given one with other tags, metadata or rules.
 * @throws RegistryError 40401, 40402, 42201
 */
export async function tagVersion(
  registry: Registry,
  name: SubjectName,
  wanted: VersionWanted,
  { newVersion = 0, tagChanges, metadata, rules, signal }: TagRequest,
): Promise<Registered> {
  const found = await getVersion(registry.store, name, wanted, false);
  const { schemaType, schema, references } = found.content;
  const ruleSet =
    'ruleSet' in rules
      ? rules.ruleSet
      : withoutRules(
          mergeRuleSets(await rulesBefore(registry, found.name, newVersion), rules.merged),
          rules.removed,
        );
  return registerSchema(registry, {
    name: found.name,
    sent: {
      schemaType,
      schema,
      references,
      metadata: withVersion(metadata ?? found.content.metadata, newVersion),
      ruleSet,
    },
    version: newVersion,
    id: undefined,
    normalize: false,
    force: false,
    tagChanges,
    signal,
  });
}

async function rulesBefore(
  { store }: Registry,
  name: SubjectName,
  newVersion: number,
): Promise<RuleSet | undefined> {
  const before = await findVersion(store, name, newVersion > 1 ? newVersion - 1 : 'latest', false);
  return before && (await store.findSchema(before.name.context, before.id))?.ruleSet;
}
