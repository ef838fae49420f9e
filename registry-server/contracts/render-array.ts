import { toNumber } from '../schema-types/json-text.ts';
import { isTreeArray, isTreeObject, type Tree, type TreeObject } from './ordered-json.ts';
import { below, type Place, type Walk } from './walk.ts';
import { jsonText, writeKeywords } from './write-keywords.ts';

/** A schema for arrays, and null where `type` says so. */
export function renderArray(walk: Walk, schema: TreeObject, place: Place, type: Tree): TreeObject {
  const items = schema.get('items');
  const isOld = isTreeArray(items);
  const tuple = isOld ? items : schema.get('prefixItems');
  if (!isTreeArray(tuple)) {
    const made = new Map<string, Tree | undefined>([['type', type]]);
    // A list of nothing is one of any length here, which its rules say is none.
    if (items !== undefined || walk.rules.anything === 'json-text') {
      made.set(
        'items',
        walk.node(items === undefined || items === false ? true : items, below(place, 'items')),
      );
    }
    return writeKeywords(walk, schema, place, made, ['array']);
  }
  const keyword = isOld ? 'items' : 'prefixItems';
  const each = (item: Tree, i: number) => walk.node(item, below(place, `${keyword}/${i}`));
  if (walk.rules.tuples === 'keep') {
    const rest = schema.get(isOld ? 'additionalItems' : 'items');
    const made = new Map<string, Tree | undefined>([
      ['type', type],
      ['prefixItems', tuple.map(each)],
      ['additionalItems', undefined],
      [
        'items',
        isTreeObject(rest) ? walk.node(rest, below(place, isOld ? 'additionalItems' : 'items')) : rest,
      ],
    ]);
    return writeKeywords(walk, schema, place, made, ['array']);
  }
  const [least, most] = [
    countOf(schema.get('minItems')) ?? 0,
    countOf(schema.get('maxItems')) ?? tuple.length,
  ];
  const length = Math.min(most, tuple.length);
  if (least > length || tuple.includes(false)) return jsonText(walk, schema, place, 'An array');
  const why = 'The provider takes no list with a schema for each place; each place is a property.';
  walk.notes.changed(place.path, keyword, 'rewritten', why);
  const names = Array.from({ length }, (_, i) => String(i));
  const made = new Map<string, Tree | undefined>([
    ['type', isTreeArray(type) ? type.map((name) => (name === 'array' ? 'object' : name)) : 'object'],
    ...['items', 'prefixItems', 'additionalItems', 'minItems', 'maxItems'].map(
      (name) => [name, undefined] as const,
    ),
    ['properties', new Map(names.map((name, i) => [name, each(tuple[i] as Tree, i)]))],
    ['required', names],
    ['additionalProperties', walk.rules.closing === 'drop' ? undefined : false],
  ]);
  const written = writeKeywords(walk, schema, place, made, ['array']);
  walk.undo.set(written, { undo: 'numbered' });
  return written;
}

const countOf = (value: Tree | undefined): number | undefined =>
  isTreeArray(value) || isTreeObject(value) ? undefined : toNumber(value);
