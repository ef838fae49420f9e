import { isTreeArray, type Tree, type TreeObject } from './ordered-json.ts';
import { type Walk, withUndo } from './walk.ts';

const nothing: TreeObject = new Map([['type', 'null']]);

/** A rendered schema that allows null too; it did not before. */
export function allowNull(walk: Walk, schema: TreeObject): TreeObject {
  if (walk.rules.nullable === 'keyword')
    return withUndo(walk, schema, new Map([...schema, ['nullable', true]]));
  const type = schema.get('type');
  const values = schema.get('enum') ?? (schema.has('const') ? [schema.get('const') as Tree] : undefined);
  const union = schema.get('anyOf');
  if (isTreeArray(union)) return withUndo(walk, schema, new Map([...schema, ['anyOf', [...union, nothing]]]));
  if (schema.has('$ref') || type === undefined || walk.rules.nullable === 'any-of') {
    return new Map([['anyOf', [schema, nothing]]]);
  }
  const open = new Map(
    [...schema].map(([keyword, value]): [string, Tree] => {
      if (keyword === 'type') return ['type', [...(isTreeArray(value) ? value : [value]), 'null']];
      if (keyword === 'enum' || keyword === 'const') return ['enum', [...(values as Tree[]), null]];
      return [keyword, value];
    }),
  );
  return withUndo(walk, schema, open);
}

/** Null beside one other schema, where the provider has no list of types. */
export function anyOfNull(annotated: TreeObject, schema: TreeObject): TreeObject {
  return new Map<string, Tree>([...annotated, ['anyOf', [schema, nothing]]]);
}
