import { chance, pick, type Random } from './random.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

const names = ['a', 'b', '10', '2', '__proto__', 'additionalProperties', 'name'];
const leaves = ['string', 'number', 'integer', 'boolean', 'enum', 'const', 'any'] as const;
const kinds = [
  'string',
  'number',
  'integer',
  'enum',
  'const',
  'object',
  'object',
  'object',
  'array',
  'array',
  'map',
  'tuple',
  'anyOf',
  'oneOf',
  'allOf',
  'ref',
  'nullable',
  'free',
  'types',
  'conditions',
] as const;

/** A schema as people write them for models: every keyword that some provider does not take is in one or another. */
export function aModelSchema(random: Random): JsonSchema {
  const b = {
    type: 'object',
    properties: {
      n: { $ref: '#/$defs/A' },
      t: chance(random, 6) ? { $ref: '#/$defs/B' } : { type: 'string' },
    },
  };
  const root = schemaOf(random, 3);
  return { ...(typeof root === 'boolean' ? {} : root), $defs: { A: schemaOf(random, 0), B: b } };
}

function schemaOf(random: Random, depth: number): JsonSchema | boolean {
  const some = (all: JsonSchema): JsonSchema =>
    Object.fromEntries(Object.entries(all).filter(() => random.below(10) < 4));
  const below = () => schemaOf(random, depth - 1);
  const words = some({ description: 'd', title: 't', default: 1, examples: [1] });
  const kind = pick<(typeof kinds)[number] | (typeof leaves)[number]>(random, depth <= 0 ? leaves : kinds);
  switch (kind) {
    case 'string':
      return {
        type: 'string',
        ...some({ minLength: 1, maxLength: 9, pattern: '^a+$', format: pick(random, ['date', 'uri']) }),
        ...words,
      };
    case 'number':
    case 'integer':
      return {
        type: kind,
        ...some({ minimum: 0, maximum: 7, multipleOf: 2, exclusiveMinimum: 1 }),
        ...words,
      };
    case 'boolean':
      return { type: 'boolean', ...words };
    case 'enum':
      return { ...some({ type: 'string' }), enum: ['a', 'b'], ...words };
    case 'const':
      return { const: pick(random, ['x', 3, true, null]), ...words };
    case 'any':
      return pick<JsonSchema | boolean>(random, [{}, true, { description: 'any' }]);
    case 'free':
      return { type: 'object', ...words };
    case 'object': {
      const properties = names.filter(() => chance(random, 3)).map((name) => [name, below()] as const);
      const required = properties.map(([name]) => name).filter(() => chance(random, 2));
      return {
        type: 'object',
        // The literal of an object would take `__proto__` for something else.
        properties: Object.fromEntries(properties),
        ...(required.length > 0 ? { required } : {}),
        ...some({ additionalProperties: pick<unknown>(random, [false, true]), minProperties: 1 }),
        ...words,
      };
    }
    case 'array':
      return {
        type: 'array',
        ...(chance(random, 9) ? {} : { items: below() }),
        ...some({ minItems: random.below(3), maxItems: 5, uniqueItems: true }),
        ...words,
      };
    case 'map':
      return {
        type: 'object',
        additionalProperties: below(),
        ...some({ propertyNames: { pattern: '^a' } }),
        ...words,
      };
    case 'tuple':
      return { type: 'array', prefixItems: [below(), below()], ...some({ items: false, minItems: 2 }) };
    case 'anyOf':
    case 'oneOf':
      return { [kind]: [below(), below()], ...some({ description: 'u' }) };
    case 'allOf': {
      const first = { type: 'object', properties: { y: below() }, required: ['y'] };
      return { allOf: [first, { type: 'object', properties: { z: schemaOf(random, 0) } }] };
    }
    case 'ref':
      return { $ref: pick(random, ['#/$defs/A', '#/$defs/B']), ...some({ description: 'r' }) };
    case 'nullable':
      return {
        type: [pick(random, ['string', 'number', 'object', 'array', 'boolean']), 'null'],
        ...some({ format: 'date', items: { type: 'string' }, properties: { q: { type: 'string' } } }),
        ...words,
      };
    case 'types':
      return { type: ['string', 'integer'], ...some({ minLength: 2, minimum: 1 }) };
    case 'conditions':
      return {
        type: 'object',
        properties: { a: schemaOf(random, 0), b: schemaOf(random, 0) },
        anyOf: [{ required: ['a'] }, { required: ['b'] }],
        ...some({ if: { required: ['a'] }, else: { required: ['b'] } }),
      };
  }
}

// biome-ignore lint/suspicious/noExplicitAny: a rendered schema is looked into at every depth
type Rendered = any;

/** A document that a rendered schema allows as to types, names and lists; bounds are for a validator to look at. */
export function aDocument(random: Random, schema: Rendered, root: Rendered = schema, depth = 0): unknown {
  if (typeof schema === 'boolean') return 1;
  if (schema.$ref) return aDocument(random, root.$defs[schema.$ref.split('/').at(-1)], root, depth + 1);
  if ('const' in schema) return schema.const;
  if (schema.enum) return pick(random, schema.enum);
  if (schema.anyOf)
    return aDocument(random, pick(random, depth > 6 ? schema.anyOf.slice(-1) : schema.anyOf), root, depth);
  const types = [schema.type ?? []].flat().concat(schema.nullable ? ['null'] : []);
  switch (depth > 6 && types.includes('null') ? 'null' : types.length > 0 ? pick(random, types) : 'null') {
    case 'string': {
      const about = String(schema.description ?? '');
      if (about.includes('An object, written as JSON')) return '{"k":1}';
      if (about.includes('An array, written as JSON')) return '[]';
      if (about.includes('written as JSON')) return pick(random, ['1', '"a"', 'null', '{"k":[]}']);
      return schema.format === 'date'
        ? '2026-11-26'
        : schema.format === 'uri'
          ? 'a:b'
          : pick(random, ['a', 'aa', 'b']);
    }
    case 'number':
    case 'integer':
      return pick(random, [2, 4, 6, 3]);
    case 'boolean':
      return chance(random, 2);
    case 'array':
      return Array.from({ length: depth > 6 || schema.items === false ? 0 : random.below(3) }, () =>
        aDocument(random, schema.items ?? {}, root, depth + 1),
      );
    case 'object':
      return Object.fromEntries(
        Object.entries(schema.properties ?? {})
          .filter(([name]) => schema.required?.includes(name) || chance(random, 2))
          .map(([name, part]) => [name, aDocument(random, part, root, depth + 1)]),
      );
    default:
      return null;
  }
}
