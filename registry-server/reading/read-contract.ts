import { canonicalMetadata, type Metadata, sortedSet } from '../data-contracts/metadata.ts';
import {
  canonicalRuleSet,
  type Rule,
  type RuleSet,
  ruleFault,
  ruleKinds,
  ruleListNames,
  ruleModes,
} from '../data-contracts/rule-set.ts';
import { RegistryError } from '../errors.ts';
import type { SchemaTags, TagChanges } from '../schema-types/tags.ts';
import { booleanAt, listAt, mapAt, objectAt, oneOf, stringAt, stringsAt } from './value-at.ts';

/**
 * Undefined when absent or null; present but empty is something else: nothing is then inherited.
 * @param field its name in the body
 * @throws RegistryError 400 that names what is wrong
 */
export function readMetadata(value: unknown, field = 'metadata'): Metadata | undefined {
  if (value == null) return undefined;
  const { tags, properties, sensitive } = objectAt(value, field);
  const metadata = {
    tags: tags == null ? undefined : mapAt(tags, `${field}.tags`, stringsAt),
    properties: properties == null ? undefined : mapAt(properties, `${field}.properties`, stringAt),
    sensitive: sensitive == null ? undefined : stringsAt(sensitive, `${field}.sensitive`),
  };
  return canonicalMetadata(metadata) ?? {};
}

/**
 * As readMetadata.
 * @throws RegistryError 400 for a wrong shape, 42210 for rules that clients could not use
 */
export function readRuleSet(value: unknown, field = 'ruleSet'): RuleSet | undefined {
  if (value == null) return undefined;
  const body = objectAt(value, field);
  const lists = ruleListNames.map(
    (list) =>
      [
        list,
        listAt(body[list] ?? [], `${field}.${list}`).map((rule, i) =>
          readRule(rule, `${field}.${list}[${i}]`),
        ),
      ] as const,
  );
  const enableAt = body.enableAt == null ? undefined : stringAt(body.enableAt, `${field}.enableAt`);
  const ruleSet: RuleSet = { ...Object.fromEntries(lists), enableAt };
  const fault = ruleFault(ruleSet);
  if (fault !== undefined)
    throw new RegistryError('INVALID_RULE_SET', { detail: `Invalid rule set: ${fault}` });
  return canonicalRuleSet(ruleSet) ?? {};
}

function readRule(value: unknown, field: string): Rule {
  const body = objectAt(value, field);
  const text = (key: string) => (body[key] == null ? undefined : stringAt(body[key], `${field}.${key}`));
  const { tags, params, disabled } = body;
  return withoutUndefined({
    name: text('name') ?? '',
    doc: text('doc'),
    kind: oneOf(body.kind ?? 'TRANSFORM', `${field}.kind`, ruleKinds),
    mode: oneOf(body.mode ?? 'WRITEREAD', `${field}.mode`, ruleModes),
    type: text('type') ?? '',
    tags: tags == null ? undefined : nonEmpty(sortedSet(stringsAt(tags, `${field}.tags`))),
    params: params == null ? undefined : sorted(mapAt(params, `${field}.params`, stringAt)),
    expr: text('expr'),
    onSuccess: text('onSuccess'),
    onFailure: text('onFailure'),
    disabled: disabled != null && booleanAt(disabled, `${field}.disabled`),
  });
}

/** Undefined when neither names a tag. */
export function readTagChanges(
  add: unknown,
  remove: unknown,
  fields: readonly [string, string],
): TagChanges | undefined {
  const changes = { add: readTags(add, fields[0]), remove: readTags(remove, fields[1]) };
  return changes.add.length + changes.remove.length === 0 ? undefined : changes;
}

function readTags(value: unknown, field: string): readonly SchemaTags[] {
  return listAt(value ?? [], field).map((item, i) => {
    const at = `${field}[${i}]`;
    const { schemaEntity, tags } = objectAt(item, at);
    const { entityPath, entityType } = objectAt(schemaEntity, `${at}.schemaEntity`);
    const type = stringAt(entityType, `${at}.schemaEntity.entityType`).toLowerCase();
    return {
      schemaEntity: {
        entityPath: stringAt(entityPath, `${at}.schemaEntity.entityPath`),
        entityType: oneOf(type, `${at}.schemaEntity.entityType`, ['sr_record', 'sr_field']),
      },
      tags: stringsAt(tags ?? [], `${at}.tags`),
    };
  });
}

const nonEmpty = <T>(list: readonly T[]) => (list.length > 0 ? list : undefined);

function sorted(map: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  const entries = Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T;
}
