import { chance, pick, type Random } from '../random.ts';

// biome-ignore lint/suspicious/noExplicitAny: a schema is any JSON
export type JsonAny = any;

const names = ['a', 'b', 'c'] as const;

/** Objects, arrays, strings, numbers, enums, alternatives and references; without what the reference does not compare. */
export function aJsonSchema(random: Random, depth = 3): JsonAny {
  if (depth === 0) return aLeaf(random);
  switch (random.below(9)) {
    case 0:
    case 1:
      return anObject(random, depth);
    case 8:
      return aTuple(random, depth);
    case 2:
      return optional(
        random,
        { type: 'array', items: aJsonSchema(random, depth - 1) },
        { minItems: 1, maxItems: 2, uniqueItems: true },
      );
    case 3:
      return { anyOf: [aJsonSchema(random, depth - 1), aJsonSchema(random, depth - 1)] };
    case 4:
      return { allOf: times(random, 2, () => aJsonSchema(random, depth - 1)) };
    default:
      return aLeaf(random);
  }
}

const times = <T>(random: Random, most: number, make: () => T): T[] =>
  Array.from({ length: 1 + random.below(most) }, make);

function aTuple(random: Random, depth: number): JsonAny {
  const items = times(random, 2, () => aJsonSchema(random, depth - 1));
  const rest = pick(random, [{}, { additionalItems: false }, { additionalItems: { type: 'string' } }]);
  return { type: 'array', items, ...rest };
}

/** Several restrictions side by side: an implied `allOf`, of which each may go. */
function someLeaves(random: Random): JsonAny {
  // Never without a `type`: the reference does not see it when one is added.
  const type = pick(random, [{ type: 'string' }, { type: 'string' }, { type: ['string', 'null'] }]);
  const restrictions = { enum: ['a', 'ab', null], not: { const: 'ab' }, minLength: 1, minimum: 1 };
  return {
    ...type,
    ...optional(
      random,
      { anyOf: [{ type: 'string', maxLength: 1 }, { enum: ['ab', null, 2] }] },
      restrictions,
    ),
  };
}

function aLeaf(random: Random): JsonAny {
  switch (random.below(8)) {
    case 7:
      return someLeaves(random);
    case 0:
    case 1:
      return optional(
        random,
        { type: 'string' },
        { minLength: 1 + random.below(2), maxLength: 2 + random.below(3), pattern: '^a' },
      );
    case 2:
    case 3:
      return optional(
        random,
        { type: pick(random, ['integer', 'number']) },
        { minimum: random.below(3), maximum: 2 + random.below(4), exclusiveMinimum: 0, multipleOf: 2 },
      );
    case 4:
      return { enum: someValues(random) };
    case 5:
      return { type: pick(random, ['boolean', 'null']) };
    default:
      return pick(random, [{}, true, { type: ['string', 'null'] }, { const: 'a' }]);
  }
}

function anObject(random: Random, depth: number): JsonAny {
  const properties = Object.fromEntries(
    names.filter(() => !chance(random, 3)).map((name) => [name, aJsonSchema(random, depth - 1)]),
  );
  const required = Object.keys(properties).filter(() => chance(random, 3));
  const rest = pick(random, [
    {},
    { additionalProperties: false },
    { additionalProperties: { type: 'string' } },
  ]);
  return optional(
    random,
    { type: 'object', properties, required, ...rest },
    { minProperties: 1, maxProperties: 2 },
  );
}

/** Each keyword in one case of three. */
function optional(random: Random, schema: object, keywords: object): JsonAny {
  const chosen = Object.entries(keywords).filter(() => chance(random, 3));
  return { ...schema, ...Object.fromEntries(chosen) };
}

/** One keyword or subschema that is taken away, changed or added. */
export function changedJsonSchema(random: Random, schema: JsonAny): JsonAny {
  if (typeof schema === 'boolean' || chance(random, 12)) return aJsonSchema(random, 1);
  const copy = { ...schema };
  const inner = ['properties', 'items', 'anyOf', 'allOf', 'additionalProperties'].filter(
    (key) => typeof copy[key] === 'object',
  );
  if (inner.length > 0 && !chance(random, 3)) {
    const key = pick(random, inner);
    const value = copy[key];
    if (key === 'properties') copy.properties = changedProperties(random, value);
    else if (Array.isArray(value))
      copy[key] = value.map((one, index) => (index === 0 ? changedJsonSchema(random, one) : one));
    else copy[key] = changedJsonSchema(random, value);
    return copy;
  }
  switch (random.below(6)) {
    case 5:
      return copy.allOf ? pick(random, copy.allOf as JsonAny[]) : { allOf: [copy, aLeaf(random)] };
    case 0:
      delete copy[pick(random, Object.keys(copy).concat('type'))];
      return copy;
    case 1:
      return { anyOf: [schema, aLeaf(random)] };
    case 2:
      return copy.type === 'object'
        ? // A required name that is not listed is not seen by the reference.
          { ...copy, required: Object.keys(copy.properties ?? {}).filter(() => chance(random, 2)) }
        : optional(random, copy, { maxLength: 3, minimum: 1, maxItems: 1 });
    case 3:
      return copy.type === 'integer'
        ? { ...copy, type: 'number' }
        : copy.enum
          ? { enum: someValues(random) }
          : copy;
    default:
      for (const key of Object.keys(copy)) if (typeof copy[key] === 'number') copy[key] += 1;
      return copy;
  }
}

function changedProperties(random: Random, properties: JsonAny): JsonAny {
  const name = pick(random, names);
  const { [name]: old, ...others } = properties;
  if (old === undefined) return { ...properties, [name]: aLeaf(random) };
  return chance(random, 3) ? others : { ...properties, [name]: changedJsonSchema(random, old) };
}

const values = ['a', 'ab', 1, 2, null, true] as const;

function someValues(random: Random): readonly JsonAny[] {
  const chosen = values.filter(() => chance(random, 2));
  return chosen.length === 0 ? values : chosen;
}

/** A document that has a chance to be valid. */
export function aDocument(random: Random, schema: JsonAny, depth = 4): JsonAny {
  if (depth === 0 || typeof schema === 'boolean' || chance(random, 10)) return anyDocument(random, 2);
  if (schema.enum?.length > 0) return pick(random, schema.enum as JsonAny[]);
  if (schema.const !== undefined) return schema.const;
  const branches = schema.anyOf ?? schema.allOf;
  if (branches) return aDocument(random, pick(random, branches as JsonAny[]), depth - 1);
  switch (Array.isArray(schema.type) ? pick(random, schema.type as string[]) : schema.type) {
    case 'string':
      return pick(random, ['', 'a', 'ab', 'abc', 'abcd', 'b']);
    case 'integer':
      return random.below(8) - 1;
    case 'number':
      return (random.below(16) - 2) / 2;
    case 'boolean':
      return chance(random, 2);
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: random.below(4) }, (_, index) => {
        const byPosition = Array.isArray(schema.items) ? schema.items[index] : schema.items;
        return aDocument(random, byPosition ?? schema.additionalItems ?? {}, depth - 1);
      });
    case 'object': {
      const listed = Object.entries((schema.properties ?? {}) as object).filter(
        ([name]) => schema.required?.includes(name) || !chance(random, 3),
      );
      const extra = chance(random, 3) ? [[pick(random, names), anyDocument(random, 1)]] : [];
      return Object.fromEntries([
        ...extra,
        ...listed.map(([name, inner]) => [name, aDocument(random, inner, depth - 1)]),
      ]);
    }
    default:
      return anyDocument(random, 2);
  }
}

function anyDocument(random: Random, depth: number): JsonAny {
  if (depth > 0 && chance(random, 4)) return [anyDocument(random, depth - 1)];
  if (depth > 0 && chance(random, 3)) return { [pick(random, names)]: anyDocument(random, depth - 1) };
  return pick(random, [...values, '', 'abc', 0, 7, 1.5, false]);
}
