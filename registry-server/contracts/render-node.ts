import { typeOfValue } from './disjoint.ts';
import { annotations, conditions, fitsType } from './keywords.ts';
import { mergeSchemas } from './merge-schemas.ts';
import { isTreeArray, isTreeObject, type Tree, type TreeObject, writeOrderedJson } from './ordered-json.ts';
import { renderArray } from './render-array.ts';
import { anyOfNull } from './render-nullable.ts';
import { renderObject } from './render-object.ts';
import { renderUnion } from './render-union.ts';
import { type SourceSchema, without } from './source-schema.ts';
import { below, type Place, type Walk, withUndo } from './walk.ts';
import { impliedTypes, jsonText, tell, writeKeywords } from './write-keywords.ts';

const knownTypes = new Set(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']);
// Each lengthens the list of those that must not come again.
const MAX_INLINED = 256;
const failed: TreeObject = new Map([['type', 'string']]);

/** Any part of a schema, as the provider takes it. */
export function renderNode(walk: Walk, part: Tree, place: Place): TreeObject {
  const { notes } = walk;
  if (part === true) return renderAnything(walk, new Map(), place);
  if (!isTreeObject(part)) {
    const reason = part === false ? 'it allows no value at all' : 'it is no schema';
    notes.refuse(place.path, 'schema', reason, 'an object with keywords, or true');
    return failed;
  }
  const dynamic = ['$dynamicRef', '$recursiveRef'].find((name) => part.has(name));
  if (dynamic) {
    notes.refuse(place.path, dynamic, 'what it leads to depends on who asks', 'a $ref into $defs');
    return failed;
  }
  if (place.path !== '' && typeof part.get('$id') === 'string') {
    notes.refuse(
      place.path,
      '$id',
      'a schema within the schema has an address of its own',
      'no $id but at the root',
    );
    return failed;
  }
  if (part.has('$ref')) return renderReference(walk, part, place);
  const schema = withoutAllOf(walk, part, place);
  if (schema === undefined) return failed;
  if (schema !== part && (schema.has('$ref') || schema.has('allOf'))) return walk.node(schema, place);
  if (schema.has('enum') || schema.has('const')) return renderValues(walk, schema, place);
  if (schema.has('oneOf')) return renderUnion(walk, schema, place, 'oneOf');
  if (schema.has('anyOf')) return renderUnion(walk, schema, place, 'anyOf');
  return renderTyped(walk, schema, place);
}

function renderReference(walk: Walk, schema: TreeObject, place: Place): TreeObject {
  const { notes, rules, source } = walk;
  const ref = schema.get('$ref');
  const target = typeof ref === 'string' ? source.resolve(ref) : ({ problem: 'missing' } as const);
  if ('problem' in target) {
    const { reason, right } = problems[target.problem];
    notes.refuse(place.path, '$ref', reason, right);
    return failed;
  }
  const beside = without(schema, '$ref', '$defs', 'definitions', '$schema', '$id', '$comment');
  const isLoop = place.inlined.includes(target.pointer);
  if (rules.refs === 'keep' && (beside.size === 0 || isLoop)) {
    if (beside.size > 0)
      notes.changed(place.path, '$ref', 'dropped', 'What stood beside a recursive reference is left out.');
    return new Map([['$ref', walk.refer(target.pointer, place)]]);
  }
  if (isLoop) {
    notes.refuse(
      place.path,
      '$ref',
      'the schema refers to itself, and the provider takes no recursion',
      'a bounded depth',
    );
    return failed;
  }
  if (place.inlined.length >= MAX_INLINED) {
    const reason = `references lead to references more than ${MAX_INLINED} times`;
    notes.refuse(place.path, '$ref', reason, 'a reference that ends at a schema sooner');
    return failed;
  }
  if (!isTreeObject(target.schema))
    return walk.node(beside.size === 0 || target.schema === false ? target.schema : beside, place);
  notes.changed(place.path, '$ref', 'rewritten', 'It is replaced by what it leads to.');
  const merged = mergeSchemas(beside, without(target.schema, '$defs', 'definitions', '$schema', '$id'));
  if ('conflict' in merged) {
    notes.refuse(
      place.path,
      merged.conflict,
      'it says another thing than what the $ref leads to',
      'one of the two',
    );
    return failed;
  }
  return walk.node(merged.schema, { ...place, inlined: [...place.inlined, target.pointer] });
}

const problems = {
  external: {
    reason: 'it leads out of the schema, and nothing is fetched',
    right: 'the schema that it means, under $defs',
  },
  missing: {
    reason: 'it leads to no schema',
    right: 'a JSON Pointer such as #/$defs/Name to a schema that is there',
  },
  endless: { reason: 'it leads to itself alone', right: 'a reference that ends at a schema' },
} as const;

/** Undefined where it was refused. */
function withoutAllOf(walk: Walk, schema: TreeObject, place: Place): TreeObject | undefined {
  const all = schema.get('allOf');
  if (all === undefined) return schema;
  let merged = without(schema, 'allOf');
  // Those of its branches come next.
  const nested: Tree[] = [];
  for (const [i, branch] of (isTreeArray(all) ? all : [false]).entries()) {
    // A reference in a reference may double the list.
    walk.spend();
    const at = below(place, `allOf/${i}`);
    if (branch === true) continue;
    const found = throughReference(walk.source, branch);
    if (!isTreeObject(found)) {
      walk.notes.refuse(at.path, 'allOf', 'it is no schema that could be merged', 'a schema');
      return undefined;
    }
    if (found.has('$ref') || (found.has('allOf') && place.inlined.length > 64)) {
      walk.notes.refuse(
        at.path,
        '$ref',
        'it leads nowhere, or to itself',
        'a reference that ends at a schema',
      );
      return undefined;
    }
    if (isCondition(found)) {
      walk.notes.unenforced(at.path, [...found.keys()].join(', '), writeOrderedJson(found));
      walk.notes.changed(at.path, 'allOf', 'dropped', 'The provider takes no conditions.');
      continue;
    }
    const result = mergeSchemas(merged, without(found, 'allOf', '$defs', 'definitions', '$id', '$schema'));
    if ('conflict' in result) {
      const reason = `it says another thing of ${result.conflict} than the rest`;
      walk.notes.refuse(at.path, 'allOf', reason, 'one schema that says both');
      return undefined;
    }
    merged = result.schema;
    const more = found.get('allOf');
    if (isTreeArray(more)) for (const each of more) nested.push(each);
  }
  if (nested.length > 0) merged = new Map([...merged, ['allOf', nested]]);
  walk.notes.changed(place.path, 'allOf', 'rewritten', 'Its schemas are one.');
  return merged;
}

const isCondition = (schema: TreeObject): boolean =>
  [...schema.keys()].every((name) => conditions.has(name) || annotations.has(name)) &&
  [...schema.keys()].some((name) => conditions.has(name));

function throughReference(source: SourceSchema, branch: Tree): Tree {
  const ref = isTreeObject(branch) ? branch.get('$ref') : undefined;
  if (!isTreeObject(branch) || typeof ref !== 'string') return branch;
  const target = source.resolve(ref);
  if (!('schema' in target) || !isTreeObject(target.schema)) return branch;
  const merged = mergeSchemas(without(branch, '$ref'), target.schema);
  return 'schema' in merged ? merged.schema : branch;
}

/** A list of values. */
function renderValues(walk: Walk, schema: TreeObject, place: Place): TreeObject {
  const { rules, notes } = walk;
  const listed = schema.get('enum');
  const declared = typesIn(schema.get('type'));
  const constant = schema.has('const') ? (schema.get('const') as Tree) : undefined;
  const all = constant !== undefined ? [constant] : isTreeArray(listed) ? listed : [];
  const values = declared ? all.filter((value) => hasType(value, declared)) : all;
  if (values.length === 0) {
    notes.refuse(place.path, 'enum', 'it allows no value', 'at least one value, of the type beside it');
    return failed;
  }
  if (values.some((value) => isTreeArray(value) || isTreeObject(value)) && rules.anything === 'json-text') {
    return jsonText(walk, schema, place, 'One of a list of values');
  }
  if (values.some((value) => isTreeArray(value) || isTreeObject(value))) {
    notes.unenforced(place.path, 'enum', writeOrderedJson(values));
    notes.changed(place.path, 'enum', 'dropped', 'The provider takes lists of plain values alone.');
    return walk.node(without(schema, 'enum', 'const'), place);
  }
  const types = [...new Set(values.map(typeOfValue))];
  const proper = types.filter((type) => type !== 'null');
  const isNullable = types.includes('null');
  const written = (type: Tree | undefined, rest: readonly (readonly [string, Tree | undefined])[]) =>
    writeKeywords(walk, schema, place, new Map([['type', type], ...unions, ...rest]), undefined);
  if (rules.enums === 'strings') {
    if (proper.length !== 1 || proper[0] === 'boolean') {
      if (proper.length !== 1) return jsonText(walk, schema, place, 'One of a list of values');
    }
    const nullable = ['nullable', isNullable || undefined] as const;
    if (proper[0] === 'string') {
      const strings = values.filter((value) => value !== null);
      if (constant !== undefined)
        notes.changed(place.path, 'const', 'rewritten', 'The provider takes enum alone.');
      return written('string', [['enum', strings], ['const', undefined], nullable]);
    }
    const type = typeof schema.get('type') === 'string' ? schema.get('type') : proper[0];
    notes.unenforced(place.path, constant === undefined ? 'enum' : 'const', writeOrderedJson(values));
    notes.changed(place.path, 'enum', 'moved', 'The provider takes lists of strings alone.');
    const made = written(type, [['enum', undefined], ['const', undefined], nullable]);
    return tell(made, [`One of ${writeOrderedJson(values.slice(0, 20))}`]);
  }
  const type = declared ? schema.get('type') : types.length === 1 ? types[0] : types;
  const kept = rules.typeOfEnum === 'drop' ? undefined : type;
  if (constant !== undefined && rules.const === 'enum') {
    notes.changed(place.path, 'const', 'rewritten', 'The provider takes enum alone.');
    return written(kept, [
      ['const', undefined],
      ['enum', [constant]],
    ]);
  }
  return constant === undefined
    ? written(kept, [['enum', values]])
    : written(kept, [
        ['const', constant],
        ['enum', undefined],
      ]);
}

const unions: readonly (readonly [string, undefined])[] = ['anyOf', 'oneOf'].map((name) => [name, undefined]);

function hasType(value: Tree, types: readonly string[]): boolean {
  const type = typeOfValue(value);
  return (
    types.includes(type) ||
    (type === 'number' && types.includes('integer') && Number.isInteger(Number(writeOrderedJson(value))))
  );
}

function typesIn(type: Tree | undefined): readonly string[] | undefined {
  if (type === undefined) return undefined;
  return (isTreeArray(type) ? type : [type]).filter((each) => typeof each === 'string');
}

function renderAnything(walk: Walk, schema: TreeObject, place: Place): TreeObject {
  if (walk.rules.anything === 'json-text') return jsonText(walk, schema, place, 'Any value');
  return writeKeywords(walk, schema, place, new Map(), undefined);
}

/** A schema with a type, or with rules that tell it. */
function renderTyped(walk: Walk, schema: TreeObject, place: Place): TreeObject {
  const { rules, notes } = walk;
  const declared = typesIn(schema.get('type'));
  const unknown = declared?.find((type) => !knownTypes.has(type));
  if (unknown !== undefined || declared?.length === 0) {
    notes.refuse(place.path, 'type', 'it is no type of JSON', [...knownTypes].join(', '));
    return failed;
  }
  const implied = declared ?? impliedTypes(schema);
  if (implied.length === 0) return renderAnything(walk, schema, place);
  if (!declared) notes.changed(place.path, 'type', 'added', 'Its rules are about values of this type alone.');
  const proper = implied.filter((type) => type !== 'null');
  const isNullable = proper.length < implied.length || schema.get('nullable') === true;
  if (
    proper.length > 1 &&
    (rules.nullable !== 'type-list' || proper.some((type) => type === 'object' || type === 'array'))
  ) {
    return splitTypes(walk, schema, place, implied);
  }
  if (!isNullable || rules.nullable === 'type-list') {
    const types = isNullable && !implied.includes('null') ? [...implied, 'null'] : implied;
    return renderOne(walk, schema, place, proper, types.length === 1 ? (types[0] as string) : [...types]);
  }
  if (proper.length === 0) return renderOne(walk, schema, place, [], 'null');
  const one = proper[0] as string;
  if (rules.nullable === 'keyword') {
    const made = renderOne(walk, schema, place, proper, one);
    return withUndo(walk, made, new Map([...made, ['nullable', true]]));
  }
  const hasRules = [...schema.keys()].some(
    (name) => name !== 'type' && name !== 'nullable' && !annotations.has(name),
  );
  if (!hasRules && one !== 'object' && one !== 'array') {
    return renderOne(walk, schema, place, proper, [...implied.filter((type) => type !== 'null'), 'null']);
  }
  const outer = new Map([...schema].filter(([name]) => annotations.has(name)));
  const inner = new Map([...schema].filter(([name]) => !annotations.has(name) && name !== 'nullable'));
  notes.changed(place.path, 'type', 'rewritten', 'Null is a branch of its own.');
  const made = renderOne(walk, inner, place, proper, one);
  return anyOfNull(writeKeywords(walk, outer, place, new Map(), undefined), made);
}

function renderOne(
  walk: Walk,
  schema: TreeObject,
  place: Place,
  proper: readonly string[],
  type: Tree,
): TreeObject {
  const plain =
    schema.has('nullable') && walk.rules.nullable !== 'keyword' ? without(schema, 'nullable') : schema;
  if (proper[0] === 'object') return renderObject(walk, plain, place, type);
  if (proper[0] === 'array') return renderArray(walk, plain, place, type);
  return writeKeywords(
    walk,
    plain,
    place,
    new Map([['type', type]]),
    proper.length === 0 ? ['null'] : proper,
  );
}

/** One branch for each type. */
function splitTypes(walk: Walk, schema: TreeObject, place: Place, types: readonly string[]): TreeObject {
  walk.notes.changed(
    place.path,
    'type',
    'rewritten',
    'The provider takes one type in a place; each is a branch.',
  );
  const branches = types.map(
    (type): Tree =>
      new Map<string, Tree>([
        ['type', type],
        ...[...schema].filter(([name]) => name !== 'type' && !annotations.has(name) && fitsType(name, type)),
      ]),
  );
  const outer = [...schema].filter(([name]) => annotations.has(name));
  return walk.node(new Map<string, Tree>([...outer, ['anyOf', branches]]), place);
}
