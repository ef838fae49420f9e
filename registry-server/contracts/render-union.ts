import { areDisjoint, type Lookup, typesOf } from './disjoint.ts';
import { annotations, conditions, frame } from './keywords.ts';
import { mergeSchemas } from './merge-schemas.ts';
import { isTreeArray, isTreeObject, type Tree, type TreeObject, writeOrderedJson } from './ordered-json.ts';
import { without } from './source-schema.ts';
import { below, type Place, type Walk } from './walk.ts';
import { jsonText, writeKeywords } from './write-keywords.ts';

// Comparing each with each other is for unions that a person could read.
const MAX_COMPARED = 64;

/** A schema with `anyOf` or `oneOf`. */
export function renderUnion(
  walk: Walk,
  schema: TreeObject,
  place: Place,
  keyword: 'anyOf' | 'oneOf',
): TreeObject {
  const { notes } = walk;
  const listed = schema.get(keyword);
  const at = below(place, keyword);
  if (!isTreeArray(listed) || listed.length === 0) {
    notes.refuse(at.path, keyword, 'it is no list of schemas', 'a list of at least one schema');
    return new Map([['type', 'string']]);
  }
  const branches = listed.filter((branch) => branch !== false);
  const rest = without(schema, keyword);
  if (branches.every(isCondition)) {
    notes.unenforced(place.path, keyword, writeOrderedJson(listed));
    notes.changed(place.path, keyword, 'dropped', 'The provider takes no conditions between properties.');
    return walk.node(rest, place);
  }
  const shared = new Map([...rest].filter(([name]) => !annotations.has(name) && !frame.has(name)));
  const outer = new Map([...rest].filter(([name]) => !shared.has(name)));
  const rendered: TreeObject[] = [];
  for (const [i, branch] of branches.entries()) {
    const whole =
      shared.size === 0 ? branch : combine(walk, shared, branch, { ...at, path: `${at.path}/${i}` });
    if (whole !== undefined) rendered.push(walk.node(whole, below(at, String(i))));
  }
  if (rendered.length === 0) {
    notes.refuse(
      at.path,
      keyword,
      'no branch agrees with what stands beside it',
      'branches of the types beside them',
    );
    return new Map([['type', 'string']]);
  }
  if (shared.size > 0)
    notes.changed(place.path, keyword, 'rewritten', 'What stood beside it is in each branch.');
  if (isAmbiguous(walk, rendered)) {
    return jsonText(walk, schema, place, 'One of several kinds of value');
  }
  if (keyword === 'oneOf') judgeOneOf(walk, rendered, place);
  return writeUnion(walk, outer, rendered, place, schema.has('anyOf') ? 'anyOf' : 'oneOf', schema);
}

function writeUnion(
  walk: Walk,
  outer: TreeObject,
  rendered: readonly TreeObject[],
  place: Place,
  keyword: string,
  schema: TreeObject,
): TreeObject {
  const order = new Map([...schema].filter(([name]) => name === keyword || outer.has(name)));
  if (walk.rules.nullable !== 'keyword') {
    return writeKeywords(walk, renamed(order, keyword), place, new Map([['anyOf', rendered]]), undefined);
  }
  const others = rendered.filter((branch) => branch.get('type') !== 'null');
  const isNullable = others.length < rendered.length || undefined;
  const [only] = others;
  if (others.length === 1 && only) {
    const annotated = writeKeywords(walk, outer, place, new Map(), undefined);
    const merged = new Map<string, Tree>([...annotated, ...only, ...annotated]);
    const undo = walk.undo.get(only);
    if (isNullable) merged.set('nullable', true);
    if (undo) walk.undo.set(merged, undo);
    return merged;
  }
  const made = new Map<string, Tree | undefined>([
    ['anyOf', others],
    ['nullable', isNullable],
  ]);
  return writeKeywords(walk, renamed(order, keyword), place, made, undefined);
}

const renamed = (schema: TreeObject, keyword: string): TreeObject =>
  new Map([...schema].map(([name, value]) => [name === keyword ? 'anyOf' : name, value]));

/** Neither a type nor a part: only what must hold between parts. */
function isCondition(branch: Tree): boolean {
  return (
    isTreeObject(branch) &&
    branch.size > 0 &&
    [...branch.keys()].every(
      (name) => name === 'required' || conditions.has(name) || annotations.has(name),
    ) &&
    [...branch.keys()].some((name) => name === 'required' || conditions.has(name))
  );
}

function combine(walk: Walk, shared: TreeObject, branch: Tree, place: Place): TreeObject | undefined {
  if (branch === true) return shared;
  if (!isTreeObject(branch)) return undefined;
  const ref = branch.get('$ref');
  const target = typeof ref === 'string' ? walk.source.resolve(ref) : undefined;
  if (target && !('schema' in target)) return branch;
  const found = target ? target.schema : branch;
  if (!isTreeObject(found)) return found === true ? shared : undefined;
  const merged = mergeSchemas(shared, found);
  if ('schema' in merged) return merged.schema;
  if (merged.conflict === 'type' || merged.conflict === 'enum') return undefined;
  walk.notes.refuse(
    place.path,
    merged.conflict,
    `the branch and what stands beside the union both say ${merged.conflict}`,
    'the keyword in the branches alone',
  );
  return undefined;
}

function judgeOneOf(walk: Walk, rendered: readonly TreeObject[], place: Place): void {
  const decoded: Lookup = (part) => asDecoded(walk, lookup(part));
  const isExact =
    rendered.length <= MAX_COMPARED &&
    rendered.every((one, i) => rendered.slice(i + 1).every((other) => areDisjoint(one, other, decoded)));
  const why = isExact
    ? 'No document fits two of its branches, so anyOf says the same.'
    : 'The provider takes anyOf alone, and a document may fit two of the branches.';
  walk.notes.changed(place.path, 'oneOf', 'rewritten', why);
  if (!isExact) walk.notes.unenforced(place.path, 'oneOf', JSON.stringify('exactly one of the branches'));
}

/** What is known of the values of a branch, once they are decoded. */
function asDecoded({ undo }: Walk, branch: TreeObject): TreeObject {
  const { undo: kind, optional } = undo.get(branch) ?? {};
  if (kind === 'json-text') return new Map();
  const types = typesOf(branch)?.filter((type) => type === 'null') ?? [];
  if (kind !== undefined) return new Map([['type', [kind === 'pairs' ? 'object' : 'array', ...types]]]);
  const required = branch.get('required');
  if (!optional || !isTreeArray(required)) return branch;
  return new Map([...branch, ['required', required.filter((name) => !optional.includes(String(name)))]]);
}

// What definitions will be is not known yet, and a schema that says nothing fits all.
const lookup: Lookup = (schema) => (isTreeObject(schema) ? schema : new Map());

/** Whether a value does not tell of which branch it is, and one of them would be undone. */
function isAmbiguous({ undo }: Walk, rendered: readonly TreeObject[]): boolean {
  const known = rendered.filter((branch) => !branch.has('$ref')).slice(0, MAX_COMPARED);
  return known.some((one, i) => {
    if (undo.get(one)?.undo === undefined) return false;
    return known.some((other, j) => i !== j && !areDisjoint(one, other, lookup));
  });
}
