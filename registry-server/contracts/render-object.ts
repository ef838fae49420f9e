import { isTreeArray, isTreeObject, type Tree, type TreeObject } from './ordered-json.ts';
import { allowNull } from './render-nullable.ts';
import { escapePointer } from './source-schema.ts';
import { below, type Place, type Walk } from './walk.ts';
import { jsonText, writeKeywords } from './write-keywords.ts';

/** A schema for objects, and null where `type` says so. */
export function renderObject(walk: Walk, schema: TreeObject, place: Place, type: Tree): TreeObject {
  const properties = schema.get('properties');
  const others = schema.get('additionalProperties') ?? schema.get('unevaluatedProperties');
  const patterns = schema.get('patternProperties');
  const isFree = properties === undefined || (isTreeObject(properties) && properties.size === 0);
  if (walk.rules.maps === 'pairs' && isFree && others !== false && isTreeObject(others)) {
    return pairs(walk, schema, place, type, others, `${place.path}/additionalProperties`);
  }
  if (walk.rules.maps === 'pairs' && isFree && isTreeObject(patterns) && patterns.size === 1) {
    const [[pattern, value]] = [...patterns] as [[string, Tree]];
    return pairs(
      walk,
      schema,
      place,
      type,
      value,
      `${place.path}/patternProperties/${escapePointer(pattern)}`,
    );
  }
  const isEmptyRoot = place.path === '' && others === undefined;
  const saysNothing = properties === undefined || (isFree && others === true);
  if (walk.rules.anything === 'json-text' && saysNothing && others !== false && !isEmptyRoot) {
    return jsonText(walk, schema, place, 'An object');
  }
  return closedObject(walk, schema, place, type);
}

function closedObject(walk: Walk, schema: TreeObject, place: Place, type: Tree): TreeObject {
  const { rules, notes } = walk;
  const source = new Map(
    isTreeObject(schema.get('properties')) ? (schema.get('properties') as TreeObject) : [],
  );
  const listed = schema.get('required');
  const required = new Set(isTreeArray(listed) ? listed.filter((name) => typeof name === 'string') : []);
  for (const name of required) if (!source.has(name)) source.set(name, true);
  const absent: string[] = [];
  const optional: string[] = [];
  const properties = new Map<string, Tree>();
  for (const [name, value] of source) {
    const path = `${place.path}/properties/${escapePointer(name)}`;
    const isOptional = !required.has(name);
    if (value === false && isOptional) {
      notes.changed(path, 'false', 'dropped', 'A property that may never be there is not listed.');
      continue;
    }
    const made = walk.node(value, { ...place, path, isOptional: place.isOptional || isOptional });
    if (!isOptional || rules.optional === 'keep') {
      properties.set(name, made);
      continue;
    }
    const namesNull = walk.source.namesNull(value);
    const why = namesNull
      ? 'The provider wants each property; absent is written as null, and read as null.'
      : 'The provider wants each property; null says that it is absent.';
    notes.changed(path, 'required', 'rewritten', why);
    optional.push(name);
    if (!namesNull) absent.push(name);
    properties.set(name, namesNull ? made : allowNull(walk, made));
  }
  const hasNone = properties.size === 0 && !schema.has('properties');
  const made = new Map<string, Tree | undefined>([
    ['type', type],
    ['properties', hasNone && rules.closing === 'keep' ? undefined : properties],
    ['required', requiredOf(walk, schema, properties, required)],
    ['additionalProperties', closing(walk, schema, place)],
  ]);
  if (rules.closing !== 'keep') {
    made.set('patternProperties', undefined);
    if (schema.has('patternProperties')) {
      notes.changed(
        place.path,
        'patternProperties',
        'dropped',
        'Only the properties that are listed can be written.',
      );
    }
  }
  const written = writeKeywords(walk, schema, place, made, ['object']);
  if (optional.length > 0) walk.undo.set(written, absent.length > 0 ? { absent, optional } : { optional });
  return written;
}

/** In the order of the schema's own list as far as it goes. */
function requiredOf(
  { rules }: Walk,
  schema: TreeObject,
  properties: TreeObject,
  required: ReadonlySet<string>,
): Tree | undefined {
  const names = [...properties.keys()];
  if (rules.optional === 'keep') {
    return required.size === 0 && !schema.has('required') ? undefined : [...required];
  }
  return names.every((name) => required.has(name)) ? [...required] : names;
}

function closing(walk: Walk, schema: TreeObject, place: Place): Tree | undefined {
  const { rules, notes } = walk;
  const others = schema.get('additionalProperties');
  if (rules.closing === 'keep') {
    // Without the patterns, nothing else would be allowed.
    const patterns = schema.get('patternProperties');
    const [value] = isTreeObject(patterns) ? patterns.values() : [];
    if (isTreeObject(patterns) && value !== undefined) {
      return patterns.size > 1 ? undefined : walk.node(value, below(place, 'patternProperties'));
    }
    return isTreeObject(others) ? walk.node(others, below(place, 'additionalProperties')) : others;
  }
  const why = 'Only the properties that are listed can be written.';
  if (rules.closing === 'drop') {
    if (others !== undefined) {
      notes.changed(place.path, 'additionalProperties', 'dropped', 'The provider does not take it.');
    }
    return undefined;
  }
  if (others !== false) notes.changed(place.path, 'additionalProperties', 'added', why);
  return false;
}

/** An object with names of any kind, as an array of its members. */
function pairs(
  walk: Walk,
  schema: TreeObject,
  place: Place,
  type: Tree,
  value: Tree,
  path: string,
): TreeObject {
  const why =
    'The provider takes no object with names of any kind; each member is an item with key and value.';
  walk.notes.changed(place.path, 'additionalProperties', 'rewritten', why);
  const member = new Map<string, Tree>([
    ['type', 'object'],
    [
      'properties',
      new Map<string, Tree>([
        ['key', walk.node(new Map([['type', 'string']]), { ...place, path })],
        ['value', walk.node(value, { ...place, path, isOptional: true })],
      ]),
    ],
    ['required', ['key', 'value']],
    ...(walk.rules.closing === 'false' ? [['additionalProperties', false] as const] : []),
  ]);
  const made = new Map<string, Tree | undefined>([
    ['type', isTreeArray(type) ? type.map((each) => (each === 'object' ? 'array' : each)) : 'array'],
    ['additionalProperties', undefined],
    ['patternProperties', undefined],
    ['unevaluatedProperties', undefined],
    ['properties', undefined],
    ['items', member],
  ]);
  // The names that must be there are a rule for what comes back.
  const written = writeKeywords(walk, schema, place, made, ['object']);
  walk.undo.set(written, { undo: 'pairs' });
  return written;
}
