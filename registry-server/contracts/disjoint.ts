import { isTreeArray, isTreeObject, type Tree, type TreeObject, writeOrderedJson } from './ordered-json.ts';

/** Looks up what a `$ref` of a rendered schema leads to. */
export type Lookup = (schema: Tree) => TreeObject;

/** The type names that a rendered schema allows; undefined where it does not say. */
export function typesOf(schema: TreeObject): readonly string[] | undefined {
  const values = valuesOf(schema);
  if (values) return [...new Set(values.map(typeOfValue))];
  const type = schema.get('type');
  if (type === undefined) return undefined;
  const types = (isTreeArray(type) ? type : [type]).filter((each) => typeof each === 'string');
  return schema.get('nullable') === true ? [...types, 'null'] : types;
}

export function valuesOf(schema: TreeObject): readonly Tree[] | undefined {
  if (schema.has('const')) return [schema.get('const') as Tree];
  const values = schema.get('enum');
  if (!isTreeArray(values)) return undefined;
  return schema.get('nullable') === true ? [...values, null] : values;
}

export const typeOfValue = (value: Tree): string =>
  value === null
    ? 'null'
    : isTreeArray(value)
      ? 'array'
      : isTreeObject(value)
        ? 'object'
        : typeof value === 'number' || typeof value === 'object'
          ? 'number'
          : typeof value;

const broad = (type: string): string => (type === 'integer' ? 'number' : type);

/** Whether no document is valid under both, so far as types, values and the names of closed objects tell. */
export function areDisjoint(first: Tree, second: Tree, lookup: Lookup, depth = 0): boolean {
  const [a, b] = [lookup(first), lookup(second)];
  const [values, otherValues] = [valuesOf(a), valuesOf(b)];
  if (values && otherValues) {
    const known = new Set(values.map(writeOrderedJson));
    return !otherValues.some((value) => known.has(writeOrderedJson(value)));
  }
  const [types, otherTypes] = [typesOf(a), typesOf(b)];
  if (!types || !otherTypes) return false;
  const shared = types.filter((type) => otherTypes.some((other) => broad(other) === broad(type)));
  if (shared.length === 0) return true;
  return (
    shared.length === 1 && shared[0] === 'object' && depth < 3 && areDisjointObjects(a, b, lookup, depth)
  );
}

function areDisjointObjects(a: TreeObject, b: TreeObject, lookup: Lookup, depth: number): boolean {
  const [own, other] = [a, b].map((each) => each.get('properties')) as [Tree | undefined, Tree | undefined];
  if (!isTreeObject(own) || !isTreeObject(other)) return false;
  const needs = (schema: TreeObject): readonly string[] => {
    const names = schema.get('required');
    return isTreeArray(names) ? names.filter((name) => typeof name === 'string') : [];
  };
  const isClosed = (schema: TreeObject) => schema.get('additionalProperties') === false;
  if (isClosed(b) && needs(a).some((name) => !other.has(name))) return true;
  if (isClosed(a) && needs(b).some((name) => !own.has(name))) return true;
  const always = new Set(needs(b));
  return needs(a).some((name) => {
    const [mine, theirs] = [own.get(name), other.get(name)];
    return (
      always.has(name) &&
      mine !== undefined &&
      theirs !== undefined &&
      areDisjoint(mine, theirs, lookup, depth + 1)
    );
  });
}
