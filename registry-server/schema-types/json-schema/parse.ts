import { InvalidSchema } from '../invalid-schema.ts';
import { JsonIdentities } from '../json-identities.ts';
import { isArray, isObject, type Json, type JsonObject, stableJson, toNumber } from '../json-text.ts';
import { once } from '../once.ts';
import type { Documents, Located } from './documents.ts';
import { type SimpleType, typesSpokenOf } from './keywords.ts';
import type {
  ArrayNode,
  CombinedNode,
  JsonSchemaNode,
  NumberNode,
  ObjectNode,
  StringNode,
  Typed,
} from './model.ts';

/** Builds the model of the main document. Each schema object is built once, whoever refers to it. */
export function parseJsonSchema(documents: Documents): JsonSchemaNode {
  const reader = new Reader(documents);
  const root = reader.read({
    schema: documents.main.root,
    document: documents.main,
    base: documents.main.address,
  });
  reader.finish();
  return root;
}

interface OpenReference {
  readonly ref: string;
  readonly from: Located;
  target: JsonSchemaNode | undefined;
}

/** Holds what was built so far and the references that are still to be followed. */
class Reader {
  readonly #documents: Documents;
  readonly #identities = new JsonIdentities();
  readonly #built = new Map<JsonObject, JsonSchemaNode>();
  readonly #open: OpenReference[] = [];
  readonly #byNode = new Map<JsonSchemaNode, OpenReference>();

  constructor(documents: Documents) {
    this.#documents = documents;
  }

  /** Follows references one by one, not inside each other: long chains of definitions must not fill the stack. */
  finish(): void {
    for (const open of this.#open) open.target = this.read(this.#documents.get(open.ref, open.from));
    for (const open of this.#open) open.target = this.#endOf(open);
  }

  /** Where a chain of references ends; all of the chain learn it, so that none is walked twice. */
  #endOf(start: OpenReference): JsonSchemaNode {
    const chain = new Set<OpenReference>();
    let open: OpenReference | undefined = start;
    while (open?.target?.kind === 'reference') {
      if (chain.has(open))
        throw new InvalidSchema(`$ref "${start.ref}" leads back to itself and to no schema`);
      chain.add(open);
      open = this.#byNode.get(open.target);
    }
    const end = open?.target ?? anything;
    for (const passed of chain) passed.target = end;
    return end;
  }

  read(place: Located): JsonSchemaNode {
    const { schema } = place;
    if (typeof schema === 'boolean') return schema ? anything : nothing;
    if (!isObject(schema)) throw new InvalidSchema(`${JSON.stringify(schema)} is not a schema`);
    const known = this.#built.get(schema);
    if (known !== undefined) return known;
    const base = place.document.bases.get(schema) ?? place.base;
    const said = combine(this.#parts(schema, { ...place, base }), schema);
    const isConnectBytes = schema['connect.type'] === 'bytes' && said.kind !== 'reference';
    const node = isConnectBytes ? { ...said, isConnectBytes } : said;
    this.#built.set(schema, node);
    return node;
  }

  #parts(schema: JsonObject, place: Located): readonly JsonSchemaNode[] {
    const hasDefault = schema.default !== undefined;
    const parts: JsonSchemaNode[] = [];
    const ref = schema.$ref ?? schema.$dynamicRef ?? schema.$recursiveRef;
    if (typeof ref === 'string') {
      const open: OpenReference = { ref, from: place, target: undefined };
      const node: JsonSchemaNode = { kind: 'reference', hasDefault, target: () => open.target ?? anything };
      this.#open.push(open);
      this.#byNode.set(node, open);
      parts.push(node);
      if (!place.document.draft.isModern) return parts;
    }
    if (isArray(schema.enum)) {
      parts.push({ kind: 'enum', hasDefault, values: new Set(schema.enum.map(stableJson)) });
    }
    for (const criterion of ['allOf', 'anyOf', 'oneOf'] as const) {
      const list = schema[criterion];
      if (isArray(list)) parts.push(this.#combined(criterion, list, place, hasDefault));
    }
    if (schema.not !== undefined) {
      parts.push({ kind: 'not', hasDefault, schema: this.read({ ...place, schema: schema.not }) });
    }
    if (schema.const !== undefined) {
      parts.push({ kind: 'const', hasDefault, value: stableJson(schema.const) });
    }
    if (schema.if !== undefined) parts.push({ kind: 'conditional', hasDefault });
    parts.push(...this.#typed(schema, place, hasDefault));
    return parts;
  }

  #combined(
    criterion: CombinedNode['criterion'],
    list: readonly Json[],
    place: Located,
    hasDefault: boolean,
  ): CombinedNode {
    const schemas = list.map((item) => this.read({ ...place, schema: item }));
    const distinct = once(() => this.#withoutRepeats(schemas, list));
    return { kind: 'combined', criterion, hasDefault, schemas, distinct, isImplied: false };
  }

  #withoutRepeats(schemas: readonly JsonSchemaNode[], sources: readonly Json[]): readonly JsonSchemaNode[] {
    if (schemas.length < 2) return schemas;
    const seen = new Set<number>();
    return schemas.filter((_, index) => {
      const identity = this.#identities.of(sources[index] ?? null);
      return !seen.has(identity) && seen.add(identity);
    });
  }

  #typed(schema: JsonObject, place: Located, hasDefault: boolean): readonly JsonSchemaNode[] {
    const { type } = schema;
    if (typeof type === 'string') return [this.#ofType(type as SimpleType, schema, place, hasDefault)];
    if (isArray(type)) {
      const schemas = type.map((one) => this.#ofType(one as SimpleType, schema, place, false));
      const distinct = () => schemas;
      return [{ kind: 'combined', criterion: 'anyOf', hasDefault, schemas, distinct, isImplied: false }];
    }
    const spokenOf = typesSpokenOf(schema, place.document.draft.isModern);
    return spokenOf.map((one) => this.#ofType(one, schema, place, hasDefault));
  }

  #ofType(type: SimpleType, schema: JsonObject, place: Located, hasDefault: boolean): JsonSchemaNode {
    const common = { hasDefault, isNamed: schema.type !== undefined };
    switch (type) {
      case 'null':
      case 'boolean':
        return { kind: type, hasDefault };
      case 'string':
        return readString(schema, common);
      case 'number':
      case 'integer':
        return readNumber(schema, place, common, type === 'integer');
      case 'object':
        return this.#readObject(schema, place, common);
      case 'array':
        return this.#readArray(schema, place, common);
    }
  }

  #map(value: Json | undefined, place: Located): ReadonlyMap<string, JsonSchemaNode> {
    if (!isObject(value)) return noSchemas;
    const map = new Map<string, JsonSchemaNode>();
    for (const key of Object.keys(value)) {
      if (!isArray(value[key])) map.set(key, this.read({ ...place, schema: value[key] as Json }));
    }
    return map;
  }

  #optional(value: Json | undefined, place: Located): JsonSchemaNode | undefined {
    return value === undefined ? undefined : this.read({ ...place, schema: value });
  }

  #rest(value: Json | undefined, place: Located): boolean | JsonSchemaNode {
    const schema = this.#optional(value, place);
    if (schema === undefined || schema.kind === 'any') return true;
    return schema.kind === 'false' ? false : schema;
  }

  #readObject(schema: JsonObject, place: Located, common: Typed): ObjectNode {
    const { isModern } = place.document.draft;
    return {
      kind: 'object',
      ...common,
      properties: this.#map(schema.properties, place),
      patternProperties: this.#map(schema.patternProperties, place),
      required: isArray(schema.required) ? new Set(schema.required as readonly string[]) : noNames,
      additionalProperties: this.#rest(schema.additionalProperties, place),
      unevaluatedProperties: this.#unevaluated(schema.unevaluatedProperties, place),
      maxProperties: toNumber(schema.maxProperties),
      minProperties: toNumber(schema.minProperties),
      propertyDependencies: readNameLists(isModern ? schema.dependentRequired : schema.dependencies),
      schemaDependencies: this.#map(isModern ? schema.dependentSchemas : schema.dependencies, place),
    };
  }

  /** An unknown keyword, and so no restriction, before 2019-09. */
  #unevaluated(value: Json | undefined, place: Located): JsonSchemaNode | undefined {
    return place.document.draft.isModern ? this.#optional(value, place) : undefined;
  }

  #readArray(schema: JsonObject, place: Located, common: Typed): ArrayNode {
    const { hasPrefixItems, isModern } = place.document.draft;
    const positions = hasPrefixItems ? schema.prefixItems : schema.items;
    const byPosition = isArray(positions);
    const items = isArray(schema.items) ? undefined : schema.items;
    // In 2020-12 `items` beside `prefixItems` is what `additionalItems` was.
    const rest = hasPrefixItems ? items : schema.additionalItems;
    // The reference reads `true` as nothing said, and `false` as an array that takes no items beside those by position.
    const isBoolean = isModern && typeof items === 'boolean';
    return {
      kind: 'array',
      ...common,
      allItems: byPosition || isBoolean ? undefined : this.#optional(items, place),
      itemSchemas: byPosition ? positions.map((item) => this.read({ ...place, schema: item })) : noItems,
      additionalItems: byPosition ? this.#rest(rest, place) : this.#restAlone(schema, items, place),
      unevaluatedItems: this.#unevaluated(schema.unevaluatedItems, place),
      maxItems: toNumber(schema.maxItems),
      minItems: toNumber(schema.minItems),
      ...readContainsBounds(schema, isModern),
      uniqueItems: schema.uniqueItems === true,
    };
  }

  /** What the reference makes of the rest of an array that has no schemas by position. */
  #restAlone(schema: JsonObject, items: Json | undefined, place: Located): boolean | JsonSchemaNode {
    if (place.document.draft.isModern) return items !== false;
    const rest = this.#rest(schema.additionalItems, place);
    return rest === false && items !== undefined ? true : rest;
  }
}

/** From 2019-09 on `contains` is a bound by itself, and without it these are none. */
function readContainsBounds(
  schema: JsonObject,
  isModern: boolean,
): Pick<ArrayNode, 'minContains' | 'maxContains'> {
  const bounds = { minContains: toNumber(schema.minContains), maxContains: toNumber(schema.maxContains) };
  if (!isModern) return bounds;
  return schema.contains === undefined
    ? { minContains: undefined, maxContains: undefined }
    : { ...bounds, minContains: bounds.minContains ?? 1 };
}

const anything: JsonSchemaNode = { kind: 'any', hasDefault: false };
const nothing: JsonSchemaNode = { kind: 'false', hasDefault: false };
const noSchemas: ReadonlyMap<string, JsonSchemaNode> = new Map();
const noNames: ReadonlySet<string> = new Set();
const noItems: readonly JsonSchemaNode[] = [];
const noNameLists: ReadonlyMap<string, ReadonlySet<string>> = new Map();

function combine(parts: readonly JsonSchemaNode[], schema: JsonObject): JsonSchemaNode {
  const hasDefault = schema.default !== undefined;
  const [first] = parts;
  if (first === undefined) return hasDefault ? { kind: 'any', hasDefault } : anything;
  if (parts.length === 1) return first;
  const distinct = () => parts;
  return { kind: 'combined', criterion: 'allOf', hasDefault, schemas: parts, distinct, isImplied: true };
}

function readString(schema: JsonObject, common: Typed): StringNode {
  return {
    kind: 'string',
    ...common,
    maxLength: toNumber(schema.maxLength),
    minLength: toNumber(schema.minLength),
    pattern: typeof schema.pattern === 'string' ? schema.pattern : undefined,
  };
}

function readNumber(
  schema: JsonObject,
  { document }: Located,
  common: Typed,
  isInteger: boolean,
): NumberNode {
  const maximum = toNumber(schema.maximum);
  const minimum = toNumber(schema.minimum);
  const bounds = {
    maximum,
    minimum,
    exclusiveMaximum: toNumber(schema.exclusiveMaximum),
    exclusiveMinimum: toNumber(schema.exclusiveMinimum),
  };
  if (document.draft.hasBooleanExclusives && schema.exclusiveMaximum === true) {
    Object.assign(bounds, { maximum: undefined, exclusiveMaximum: maximum });
  }
  if (document.draft.hasBooleanExclusives && schema.exclusiveMinimum === true) {
    Object.assign(bounds, { minimum: undefined, exclusiveMinimum: minimum });
  }
  return { kind: 'number', ...common, isInteger, ...bounds, multipleOf: toNumber(schema.multipleOf) };
}

function readNameLists(source: Json | undefined): ReadonlyMap<string, ReadonlySet<string>> {
  if (!isObject(source)) return noNameLists;
  const lists = new Map<string, ReadonlySet<string>>();
  for (const key of Object.keys(source)) {
    const names = source[key];
    if (isArray(names)) lists.set(key, new Set(names as readonly string[]));
  }
  return lists;
}
