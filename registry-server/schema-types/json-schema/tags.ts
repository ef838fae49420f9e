import {
  isArray,
  isObject,
  type Json,
  type JsonObject,
  readJson,
  stableJson,
  writeJson,
} from '../json-text.ts';
import {
  applyTagChanges,
  keyOf,
  readTags,
  retagObject,
  type SchemaTags,
  type TagChanges,
  tagsKey,
} from '../tags.ts';
import { findDraft } from './drafts.ts';
import { typesSpokenOf } from './keywords.ts';

interface Entity extends Pick<SchemaTags, 'schemaEntity'> {
  readonly schema: JsonObject;
  /** The object that a property holds is tagged as the property. */
  readonly isListed: boolean;
}

export function jsonSchemaTags(root: Json): readonly SchemaTags[] {
  const found: SchemaTags[] = [];
  visitEntities(root, ({ schema, schemaEntity, isListed }) => {
    const tags = isListed && Object.hasOwn(schema, tagsKey) ? readTags(schema[tagsKey]) : [];
    if (tags.length > 0) found.push({ schemaEntity, tags });
  });
  return found;
}

export function retagJsonSchema(canonical: string, changes: TagChanges): string {
  const root = readJson(canonical).value;
  const entities = new Map<string, JsonObject>();
  visitEntities(root, ({ schema, schemaEntity }) => {
    const key = keyOf(schemaEntity);
    if (!entities.has(key)) entities.set(key, schema);
  });
  applyTagChanges(changes, (entity, change) => {
    const found = entities.get(keyOf(entity));
    if (found !== undefined) retagObject(found, change);
    return found !== undefined;
  });
  return writeJson(root);
}

/** The alphabetical order of alternatives in a path: the reference sorts them, as theirs is not kept. */
const kinds = [
  'array',
  'boolean',
  'combined',
  'conditional',
  'const',
  'empty',
  'enum',
  'false',
  'not',
  'null',
  'number',
  'object',
  'reference',
  'string',
  'true',
] as const;
type Kind = (typeof kinds)[number];

const criteria = ['allOf', 'anyOf', 'oneOf'] as const;

/** One thing that a schema object says; several are as one `allOf` of them. */
interface Part {
  readonly kind: Kind;
  readonly criterion?: (typeof criteria)[number];
  /** The alternatives, or the kinds of a `type` array. */
  readonly list?: readonly Json[] | readonly Kind[];
}

const kindOfType: Readonly<Record<string, Kind>> = { integer: 'number' };
const toKind = (type: Json): Kind => kindOfType[type as string] ?? (type as Kind);

function partsOf(schema: JsonObject, isModern: boolean): readonly Part[] {
  const parts: Part[] = [];
  if (typeof schema.$ref === 'string') {
    parts.push({ kind: 'reference' });
    if (!isModern) return parts;
  }
  if (isArray(schema.enum)) parts.push({ kind: 'enum' });
  for (const criterion of criteria) {
    const list = schema[criterion];
    if (isArray(list)) parts.push({ kind: 'combined', criterion, list });
  }
  if (schema.not !== undefined) parts.push({ kind: 'not' });
  if (schema.const !== undefined) parts.push({ kind: 'const' });
  if (schema.if !== undefined) parts.push({ kind: 'conditional' });
  const { type } = schema;
  if (typeof type === 'string') parts.push({ kind: toKind(type) });
  else if (isArray(type)) parts.push({ kind: 'combined', criterion: 'anyOf', list: type.map(toKind) });
  else parts.push(...typesSpokenOf(schema, isModern).map((spokenOf) => ({ kind: toKind(spokenOf) })));
  return parts;
}

const rank = (kind: Kind): number => kinds.indexOf(kind);

/** In the order of the text, each entity once. References are not followed: what they lead to has its own path. */
function visitEntities(root: Json, found: (entity: Entity) => void): void {
  const { isModern } = findDraft(isObject(root) ? root.$schema : undefined);
  visit(root, '', false);

  function visit(schema: Json | undefined, scope: string, isField: boolean): void {
    if (!isObject(schema)) return;
    const parts = partsOf(schema, isModern);
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) visitPart(schema, only, scope, isField);
    else if (parts.length > 1) {
      const sorted = parts.toSorted((a, b) => rank(a.kind) - rank(b.kind));
      for (const [index, part] of sorted.entries()) visitPart(schema, part, `${scope}allof.${index}.`, false);
    }
  }

  function visitPart(schema: JsonObject, part: Part, scope: string, isField: boolean): void {
    switch (part.kind) {
      case 'combined':
        visitAlternatives(schema, part, `${scope}${part.criterion?.toLowerCase()}`);
        break;
      case 'array':
        visit(isArray(schema.items) ? undefined : schema.items, `${scope}array.`, false);
        break;
      case 'not':
        visit(schema.not, `${scope}not.`, false);
        break;
      case 'conditional':
        for (const key of ['if', 'then', 'else']) visit(schema[key], `${scope}conditional.${key}.`, false);
        break;
      case 'object':
        visitObject(schema, `${scope}object`, isField);
        break;
    }
  }

  function visitAlternatives(schema: JsonObject, { list }: Part, scope: string): void {
    const sorted = (list ?? []).toSorted((a, b) => compare(a, b, isModern));
    for (const [index, item] of sorted.entries()) {
      const path = `${scope}.${index}.`;
      if (typeof item === 'string') visitPart(schema, { kind: item as Kind }, path, false);
      else visit(item, path, false);
    }
  }

  function visitObject(schema: JsonObject, path: string, isField: boolean): void {
    const record = { entityPath: path, entityType: 'sr_record' } as const;
    found({ schemaEntity: record, schema, isListed: !isField });
    visitMap(schema.properties, path, (property, entityPath) => {
      found({ schemaEntity: { entityPath, entityType: 'sr_field' }, schema: property, isListed: true });
      visit(property, `${entityPath}.`, true);
    });
    for (const key of ['definitions', '$defs']) {
      visitMap(schema[key], `${path}.${key}`, (definition, place) => visit(definition, `${place}.`, false));
    }
  }

  function visitMap(map: Json | undefined, path: string, each: (schema: JsonObject, path: string) => void) {
    if (!isObject(map)) return;
    for (const key of Object.keys(map)) {
      const schema = map[key];
      if (isObject(schema)) each(schema, `${path}.${key}`);
    }
  }
}

function kindOf(schema: Json, isModern: boolean): Kind {
  if (typeof schema === 'string') return schema as Kind;
  if (!isObject(schema)) return schema === false ? 'false' : 'true';
  const parts = partsOf(schema, isModern);
  return parts.length === 1 && parts[0] !== undefined
    ? parts[0].kind
    : parts.length > 1
      ? 'combined'
      : 'empty';
}

/** By kind, title, description, default, then by what tells two of a kind apart; else they stay as they stand. */
function compare(a: Json, b: Json, isModern: boolean): number {
  const [kind, other] = [kindOf(a, isModern), kindOf(b, isModern)];
  if (kind !== other) return rank(kind) - rank(other);
  if (!isObject(a) || !isObject(b)) return 0;
  for (const key of ['title', 'description', 'default']) {
    const order = compareTexts(textOf(a[key]), textOf(b[key]));
    if (order !== 0) return order;
  }
  switch (kind) {
    case 'const':
      return compareTexts(textOf(a.const), textOf(b.const));
    case 'enum':
      return compareLists(texts(a.enum), texts(b.enum));
    case 'object':
      return (
        compareLists(names(a.properties), names(b.properties)) ||
        compareLists(texts(a.required), texts(b.required))
      );
    case 'array':
      return compare(a.items ?? {}, b.items ?? {}, isModern);
    default:
      return 0;
  }
}

const textOf = (value: Json | undefined): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : stableJson(value);
const texts = (list: Json | undefined): readonly string[] =>
  isArray(list) ? list.map((item) => textOf(item) ?? '').sort() : [];
const names = (map: Json | undefined): readonly string[] => (isObject(map) ? Object.keys(map).sort() : []);

function compareTexts(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  return a < b ? -1 : 1;
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return a.length - b.length;
  for (const [index, one] of a.entries()) {
    const order = compareTexts(one, b[index]);
    if (order !== 0) return order;
  }
  return 0;
}
