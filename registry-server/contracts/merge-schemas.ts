import { toNumber } from '../schema-types/json-text.ts';
import { annotations, frame } from './keywords.ts';
import { isTreeArray, isTreeObject, type Tree, type TreeObject, writeOrderedJson } from './ordered-json.ts';

export type Merged = { readonly schema: TreeObject } | { readonly conflict: string };

/**
 * One schema for what is valid under both: `allOf` without the word. Parts that both have are left as an `allOf` of the
 * two, for whoever comes to them.
 */
export function mergeSchemas(first: TreeObject, second: TreeObject): Merged {
  const merged = new Map(first);
  if (excludes(first, second) || excludes(second, first)) return { conflict: 'additionalProperties' };
  for (const [keyword, value] of second) {
    const known = merged.get(keyword);
    if (frame.has(keyword)) continue;
    if (known === undefined) {
      merged.set(keyword, value);
      continue;
    }
    if (annotations.has(keyword) || writeOrderedJson(known) === writeOrderedJson(value)) continue;
    const both = (mergers[keyword] ?? noMerger)(known, value);
    if (both === undefined) return { conflict: keyword };
    merged.set(keyword, both);
  }
  return { schema: merged };
}

/** Whether the first forbids a property that the second knows. */
function excludes(first: TreeObject, second: TreeObject): boolean {
  if (first.get('additionalProperties') !== false) return false;
  const own = first.get('properties');
  const other = second.get('properties');
  if (!isTreeObject(other)) return false;
  return [...other.keys()].some((name) => !isTreeObject(own) || !own.has(name));
}

type Merger = (first: Tree, second: Tree) => Tree | undefined;

const noMerger: Merger = () => undefined;
const larger: Merger = (a, b) => pick(a, b, (x, y) => x >= y);
const smaller: Merger = (a, b) => pick(a, b, (x, y) => x <= y);
const bothHold: Merger = (a, b) => new Map([['allOf', [a, b]]]);

function pick(a: Tree, b: Tree, isFirst: (x: number, y: number) => boolean): Tree | undefined {
  const [x, y] = [asNumber(a), asNumber(b)];
  return x === undefined || y === undefined ? undefined : isFirst(x, y) ? a : b;
}

const asNumber = (value: Tree): number | undefined =>
  typeof value === 'number' || (typeof value === 'object' && !isTreeArray(value) && !isTreeObject(value))
    ? toNumber(value)
    : undefined;

function mergeTypes(a: Tree, b: Tree): Tree | undefined {
  const [first, second] = [a, b].map((type) => (isTreeArray(type) ? type : [type])) as [Tree[], Tree[]];
  const both = first.flatMap((type) => {
    if (second.includes(type)) return [type];
    if (type === 'number' && second.includes('integer')) return ['integer'];
    return type === 'integer' && second.includes('number') ? ['integer'] : [];
  });
  return both.length > 1 ? both : both[0];
}

function mergeProperties(a: Tree, b: Tree): Tree | undefined {
  if (!isTreeObject(a) || !isTreeObject(b)) return undefined;
  const merged = new Map(a);
  for (const [name, schema] of b) {
    const known = merged.get(name);
    const isSame = known === undefined || writeOrderedJson(known) === writeOrderedJson(schema);
    merged.set(name, isSame ? schema : new Map([['allOf', [known, schema]]]));
  }
  return merged;
}

const mergers: Readonly<Record<string, Merger>> = {
  type: mergeTypes,
  properties: mergeProperties,
  required: (a, b) => (isTreeArray(a) && isTreeArray(b) ? [...new Set([...a, ...b])] : undefined),
  enum: (a, b) => {
    if (!isTreeArray(a) || !isTreeArray(b)) return undefined;
    const known = new Set(b.map(writeOrderedJson));
    const both = a.filter((value) => known.has(writeOrderedJson(value)));
    return both.length > 0 ? both : undefined;
  },
  items: bothHold,
  additionalProperties: (a, b) =>
    a === false || b === false ? false : a === true ? b : b === true ? a : bothHold(a, b),
  uniqueItems: (a, b) => a === true || b === true,
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
};
