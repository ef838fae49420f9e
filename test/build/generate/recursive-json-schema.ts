import { chance, pick, type Random } from '../random.ts';
import type { JsonAny } from './json-schema.ts';

const solidNames = ['A', 'B', 'C'] as const;
const propertyNames = ['p', 'q', 'v'] as const;

export interface RecursiveOptions {
  /** With `oneOf`: the reference takes another alternative as harmless, and documents say otherwise. */
  readonly hasOneOf: boolean;
}

export interface RecursivePair {
  readonly before: JsonAny;
  readonly after: JsonAny;
}

/**
 * Schemas whose definitions refer to one another, with choices among them. The later one has some definitions in
 * several copies, of which some are narrowed or widened at a leaf, so that a choice may take the wrong one first.
 */
export function aRecursivePair(random: Random, options: RecursiveOptions): RecursivePair {
  const names = solidNames.slice(0, 1 + random.below(solidNames.length));
  const templates = new Map(names.map((name) => [name as string, aSolid(random, names, options)]));
  const aChoice = choiceOf(random, names, options);
  const once = (name: string) => [name];
  const copies = new Map(
    names.map((name) => [name as string, [name, `${name}2`, `${name}3`].slice(0, 1 + random.below(3))]),
  );
  const several = (name: string) => copies.get(name) ?? [name];
  const copied = [...templates].flatMap(([name, template]) =>
    several(name).map((copy) => [copy, changed(random, template, several)] as const),
  );
  return {
    before: { ...changed(random, aChoice, once, 0), definitions: built(random, templates, once) },
    after: { ...changed(random, aChoice, several), definitions: Object.fromEntries(copied) },
  };
}

const built = (random: Random, templates: ReadonlyMap<string, JsonAny>, copies: Copies) =>
  Object.fromEntries([...templates].map(([name, template]) => [name, changed(random, template, copies, 0)]));

/** In a template `{ refs: [names] }` stands for a choice among definitions. */
function choiceOf(random: Random, names: readonly string[], { hasOneOf }: RecursiveOptions): JsonAny {
  const criterion = pick(
    random,
    hasOneOf ? ['anyOf', 'oneOf', 'anyOf', 'allOf'] : ['anyOf', 'anyOf', 'allOf'],
  );
  const chosen = names.filter(() => !chance(random, 3));
  return {
    criterion,
    refs: chosen.length === 0 ? [names[0]] : chosen,
    more: chance(random, 2) ? [aLeaf(random)] : [],
  };
}

function aSolid(random: Random, names: readonly string[], options: RecursiveOptions): JsonAny {
  if (chance(random, 6)) return { type: 'array', items: aPlace(random, names, options) };
  const properties = Object.fromEntries(
    propertyNames.filter(() => !chance(random, 4)).map((name) => [name, aPlace(random, names, options)]),
  );
  return {
    type: 'object',
    properties,
    ...pick(random, [
      { additionalProperties: false },
      { additionalProperties: false },
      { additionalProperties: aPlace(random, names, options) },
      {},
    ]),
  };
}

function aPlace(random: Random, names: readonly string[], options: RecursiveOptions): JsonAny {
  switch (random.below(9)) {
    case 0:
    case 1:
    case 2:
      return { ref: pick(random, names) };
    case 3:
    case 4:
      return choiceOf(random, names, options);
    case 5:
      return { type: 'array', items: { ref: pick(random, names) } };
    case 6:
      return { type: 'object', additionalProperties: { ref: pick(random, names) } };
    default:
      return aLeaf(random);
  }
}

const aLeaf = (random: Random): JsonAny =>
  pick(random, [{ type: 'number' }, { type: 'string', maxLength: 2 }, { type: 'null' }, { enum: ['a', 1] }]);

type Copies = (name: string) => readonly string[];

/** @param oneIn how many leaves one is changed; 0: none */
function changed(random: Random, template: JsonAny, copies: Copies, oneIn = 8): JsonAny {
  const inside = (inner: JsonAny) => changed(random, inner, copies, oneIn);
  if (template.ref !== undefined) return refTo(pick(random, copies(template.ref)));
  if (template.refs !== undefined) {
    const refs = template.refs.flatMap((name: string) => copies(name).map(refTo));
    return { [template.criterion]: [...refs, ...template.more.map(inside)] };
  }
  if (template.type === 'object') {
    const entries = Object.entries((template.properties ?? {}) as object).filter(
      () => oneIn === 0 || !chance(random, 4 * oneIn),
    );
    const rest = template.additionalProperties;
    return {
      ...template,
      ...(template.properties && {
        properties: Object.fromEntries(entries.map(([name, inner]) => [name, inside(inner)])),
      }),
      ...(typeof rest === 'object' && { additionalProperties: inside(rest) }),
    };
  }
  if (template.type === 'array') return { ...template, items: inside(template.items) };
  return oneIn > 0 && chance(random, oneIn) ? changedLeaf(random, template) : template;
}

const refTo = (name: string): JsonAny => ({ $ref: `#/definitions/${name}` });

function changedLeaf(random: Random, leaf: JsonAny): JsonAny {
  if (leaf.enum) return { enum: pick(random, [['a'], ['a', 1, null]]) };
  if (leaf.type === 'number') return pick(random, [{ type: 'integer' }, { type: 'number', minimum: 0 }]);
  if (leaf.type === 'string') return { type: 'string', maxLength: pick(random, [1, 3]) };
  return pick(random, [{}, { type: 'boolean' }]);
}

const nameIn = ($ref: string): string => $ref.slice('#/definitions/'.length);

/**
 * The schema without recursion: copies of the definitions, so and so many inside each other, and then what is taken
 * for granted. The unrolled ones fit to every depth exactly when the recursive ones do.
 * @param end instead of what lies deeper: `false` for the earlier schema, `{}` for the later one
 * @returns undefined when that has more than `maxNodes`
 */
export function unrolled(
  schema: JsonAny,
  depth: number,
  end: JsonAny,
  maxNodes: number,
): JsonAny | undefined {
  let nodes = 0;
  const copy = (value: JsonAny, left: number): JsonAny => {
    if (++nodes > maxNodes || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((one) => copy(one, left));
    // Two definitions that look alike are still two alternatives: a title, or a name, keeps them apart.
    if (value.$ref !== undefined) {
      const name = nameIn(value.$ref);
      return left === 0 ? value : { title: name, ...copy(schema.definitions[name], left - 1) };
    }
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner, left)]));
  };
  const { definitions, ...root } = schema;
  const whole = copy(root, depth);
  const ends = Object.fromEntries(Object.keys(definitions).map((name) => [name, end]));
  return nodes > maxNodes ? undefined : { ...whole, definitions: ends };
}

/** A document that has a chance to be valid, and ends. */
export function aRecursiveDocument(random: Random, root: JsonAny): JsonAny {
  const make = (schema: JsonAny, left: number): JsonAny => {
    if (schema.$ref !== undefined) return make(root.definitions[nameIn(schema.$ref)], left);
    const branches = schema.anyOf ?? schema.oneOf ?? schema.allOf;
    if (branches) return make(pick(random, branches as JsonAny[]), left);
    if (schema.enum) return pick(random, schema.enum as JsonAny[]);
    switch (schema.type) {
      case 'object': {
        const listed = Object.entries((schema.properties ?? {}) as object);
        const rest = schema.additionalProperties;
        const free = typeof rest === 'object' ? [['x', rest]] : [];
        const chosen = [...listed, ...free].filter(() => left > 0 && !chance(random, 3));
        return Object.fromEntries(chosen.map(([name, inner]) => [name, make(inner, left - 1)]));
      }
      case 'array':
        return left === 0 ? [] : Array.from({ length: random.below(3) }, () => make(schema.items, left - 1));
      case 'number':
      case 'integer':
        return pick(random, [-1, 0, 1, 1.5]);
      case 'string':
        return pick(random, ['', 'a', 'ab', 'abc']);
      case 'boolean':
        return true;
      default:
        return null;
    }
  };
  return make(root, 6);
}
