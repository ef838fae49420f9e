import { isArray, isObject, type Json, type JsonObject, stableJson, toNumber } from '../json-text.ts';
import { once } from '../once.ts';
import { InvalidSchema } from '../schema-type.ts';
import type { Documents, Located } from './documents.ts';
import { type SimpleType, tellingKeywords } from './keywords.ts';
import type { ArrayNode, CombinedNode, JsonSchemaNode, NumberNode, ObjectNode, StringNode } from './model.ts';

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
    const node = combine(this.#parts(schema, { ...place, base }), schema);
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
      if (!place.document.draft.hasRefSiblings) return parts;
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
    const distinct = once(() => withoutRepeats(schemas, list));
    return { kind: 'combined', criterion, hasDefault, schemas, distinct, isImplied: false };
  }

  #typed(schema: JsonObject, place: Located, hasDefault: boolean): readonly JsonSchemaNode[] {
    const { type } = schema;
    if (typeof type === 'string') return [this.#ofType(type as SimpleType, schema, place, hasDefault)];
    if (isArray(type)) {
      const schemas = type.map((one) => this.#ofType(one as SimpleType, schema, place, false));
      const distinct = () => schemas;
      return [{ kind: 'combined', criterion: 'anyOf', hasDefault, schemas, distinct, isImplied: false }];
    }
    // Without a `type` the keywords tell what the schema is about, one family only: the reference's order.
    for (const [kind, keywords] of tellingKeywords) {
      for (const keyword of keywords) {
        if (schema[keyword] !== undefined) return [this.#ofType(kind, schema, place, hasDefault)];
      }
    }
    return [];
  }

  #ofType(type: SimpleType, schema: JsonObject, place: Located, hasDefault: boolean): JsonSchemaNode {
    switch (type) {
      case 'null':
      case 'boolean':
        return { kind: type, hasDefault };
      case 'string':
        return readString(schema, hasDefault);
      case 'number':
      case 'integer':
        return readNumber(schema, place, hasDefault, type === 'integer');
      case 'object':
        return this.#readObject(schema, place, hasDefault);
      case 'array':
        return this.#readArray(schema, place, hasDefault);
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

  #readObject(schema: JsonObject, place: Located, hasDefault: boolean): ObjectNode {
    return {
      kind: 'object',
      hasDefault,
      properties: this.#map(schema.properties, place),
      patternProperties: this.#map(schema.patternProperties, place),
      required: isArray(schema.required) ? new Set(schema.required as readonly string[]) : noNames,
      additionalProperties: this.#rest(schema.additionalProperties, place),
      unevaluatedProperties: this.#optional(schema.unevaluatedProperties, place),
      maxProperties: toNumber(schema.maxProperties),
      minProperties: toNumber(schema.minProperties),
      propertyDependencies: readNameLists(schema.dependencies, schema.dependentRequired),
      schemaDependencies: joined(
        this.#map(schema.dependencies, place),
        this.#map(schema.dependentSchemas, place),
      ),
    };
  }

  #readArray(schema: JsonObject, place: Located, hasDefault: boolean): ArrayNode {
    const positions = place.document.draft.hasPrefixItems ? schema.prefixItems : schema.items;
    const byPosition = isArray(positions);
    const items = isArray(schema.items) ? undefined : schema.items;
    // In 2020-12 `items` beside `prefixItems` is what `additionalItems` was.
    const rest = place.document.draft.hasPrefixItems ? items : schema.additionalItems;
    return {
      kind: 'array',
      hasDefault,
      allItems: byPosition ? undefined : this.#optional(items, place),
      itemSchemas: byPosition ? positions.map((item) => this.read({ ...place, schema: item })) : noItems,
      additionalItems: byPosition ? this.#rest(rest, place) : true,
      unevaluatedItems: this.#optional(schema.unevaluatedItems, place),
      maxItems: toNumber(schema.maxItems),
      minItems: toNumber(schema.minItems),
      maxContains: toNumber(schema.maxContains),
      minContains: toNumber(schema.minContains),
      uniqueItems: schema.uniqueItems === true,
    };
  }
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

function withoutRepeats(
  schemas: readonly JsonSchemaNode[],
  sources: readonly Json[],
): readonly JsonSchemaNode[] {
  if (schemas.length < 2) return schemas;
  const seen = new Set<string>();
  return schemas.filter((_, index) => {
    const text = stableJson(sources[index] ?? null);
    return !seen.has(text) && seen.add(text);
  });
}

function readString(schema: JsonObject, hasDefault: boolean): StringNode {
  return {
    kind: 'string',
    hasDefault,
    maxLength: toNumber(schema.maxLength),
    minLength: toNumber(schema.minLength),
    pattern: typeof schema.pattern === 'string' ? schema.pattern : undefined,
  };
}

function readNumber(
  schema: JsonObject,
  { document }: Located,
  hasDefault: boolean,
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
  return { kind: 'number', hasDefault, isInteger, ...bounds, multipleOf: toNumber(schema.multipleOf) };
}

function readNameLists(...sources: readonly (Json | undefined)[]): ReadonlyMap<string, ReadonlySet<string>> {
  let lists: Map<string, ReadonlySet<string>> | undefined;
  for (const source of sources) {
    if (!isObject(source)) continue;
    for (const key of Object.keys(source)) {
      const names = source[key];
      if (!isArray(names)) continue;
      lists ??= new Map();
      lists.set(key, new Set(names as readonly string[]));
    }
  }
  return lists ?? noNameLists;
}

function joined<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): ReadonlyMap<string, V> {
  if (b.size === 0) return a;
  return a.size === 0 ? b : new Map([...a, ...b]);
}
