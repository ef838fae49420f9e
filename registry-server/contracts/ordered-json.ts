import { maxDepth, NumberText, readJson } from '../schema-types/json-text.ts';

/**
 * JSON whose objects keep their members in the order of the text. The objects of JavaScript move names such as "10" to
 * the front, and models write properties in the order of the schema.
 */
export type Tree = null | boolean | number | string | NumberText | readonly Tree[] | TreeObject;
export type TreeObject = ReadonlyMap<string, Tree>;

export const isTreeObject = (value: Tree | undefined): value is TreeObject => value instanceof Map;
export const isTreeArray = (value: Tree | undefined): value is readonly Tree[] => Array.isArray(value);

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]|[^\s",:{}[\]]+/gs;

/**
 * Of a name that is repeated the last value counts, at the place of the first.
 * @throws InvalidSchema for what is not JSON, or is nested deeper than 1,000 levels
 */
export function readOrderedJson(text: string): Tree {
  // It reads the grammar and the depth; what follows may take both for granted.
  readJson(text);
  let root: Tree = null;
  const open: { readonly into: Map<string, Tree> | Tree[]; name: string | undefined }[] = [];
  for (const [found] of text.matchAll(token)) {
    const top = open.at(-1);
    if (found === '}' || found === ']') {
      open.pop();
      continue;
    }
    if (top?.into instanceof Map && top.name === undefined) {
      top.name = JSON.parse(found) as string;
      continue;
    }
    const value = found === '{' ? new Map<string, Tree>() : found === '[' ? [] : readScalar(found);
    if (top === undefined) root = value;
    else if (Array.isArray(top.into)) top.into.push(value);
    else {
      top.into.set(top.name as string, value);
      top.name = undefined;
    }
    if (value instanceof Map || Array.isArray(value)) open.push({ into: value, name: undefined });
    if (open.length > maxDepth) break;
  }
  return root;
}

function readScalar(text: string): Tree {
  const value = JSON.parse(text) as string | number | boolean | null;
  return typeof value === 'number' && String(value) !== text ? new NumberText(text) : value;
}

/** Without whitespace; numbers as they were written. */
export function writeOrderedJson(value: Tree): string {
  if (value instanceof NumberText) return value.text;
  if (isTreeArray(value)) return `[${value.map(writeOrderedJson).join(',')}]`;
  if (!isTreeObject(value)) return JSON.stringify(value);
  return `{${[...value].map(([name, part]) => `${JSON.stringify(name)}:${writeOrderedJson(part)}`).join(',')}}`;
}

/** What is plain JSON in JavaScript, or has maps for its objects. Members that are undefined are left out. */
export function toTree(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(toTree);
  if (typeof value !== 'object' || value === null || value instanceof NumberText) return value as Tree;
  const members = value instanceof Map ? [...(value as Map<string, unknown>)] : Object.entries(value);
  return new Map(
    members.filter(([, part]) => part !== undefined).map(([name, part]) => [name, toTree(part)]),
  );
}
