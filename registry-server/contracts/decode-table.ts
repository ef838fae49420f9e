import { areDisjoint, type Lookup, typesOf, valuesOf } from './disjoint.ts';
import type { Notes } from './notes.ts';
import { isTreeArray, isTreeObject, type Tree, type TreeObject } from './ordered-json.ts';
import { escapePointer } from './source-schema.ts';
import type { Undo } from './walk.ts';

/** Which branch of a union a value is of: the first that it fits. */
export interface Branch {
  readonly types?: readonly string[];
  /** Of an object: names that it must have, and that it may have. */
  readonly required?: readonly string[];
  readonly known?: readonly string[];
  readonly where?: Tree;
  /** The entry of the table for it; undefined: it stays as it is. */
  readonly to?: string;
}

/** What is to be undone at one place of the rendered schema, from the inside out. */
export interface DecodeEntry extends Omit<Undo, 'optional'> {
  /** By the name of the property, the entry for its value. */
  readonly properties?: ReadonlyMap<string, string>;
  readonly items?: string;
  readonly branches?: readonly Branch[];
}

/** How to turn what a model wrote into what the schema says. Entries are named by JSON Pointers into the rendered schema. */
export interface DecodeTable {
  /** The property that holds the whole. */
  readonly unwrap?: string;
  readonly root: string;
  readonly entries: ReadonlyMap<string, DecodeEntry>;
}

/** Undefined where there is nothing to undo. */
export function decodeTable(
  root: TreeObject,
  undo: WeakMap<TreeObject, Undo>,
  unwrap: string | undefined,
  notes: Notes,
): DecodeTable | undefined {
  const found = new Map<string, DecodeEntry>();
  const definitions = root.get('$defs');
  const lookup: Lookup = (schema) => {
    if (!isTreeObject(schema)) return new Map();
    const ref = schema.get('$ref');
    const target =
      typeof ref === 'string' && isTreeObject(definitions)
        ? definitions.get(ref.slice('#/$defs/'.length))
        : schema;
    return isTreeObject(target) ? target : new Map();
  };
  visit(root, '#');
  if (isTreeObject(definitions)) for (const [name, schema] of definitions) visit(schema, `#/$defs/${name}`);
  const needed = neededEntries(found);
  const start = unwrap === undefined ? '#' : `#/properties/${unwrap}`;
  if (needed.size === 0 && unwrap === undefined) return undefined;
  ensureTold(found, needed, lookup, notes, root);
  return {
    unwrap,
    root: start,
    entries: new Map(
      [...found].filter(([id]) => needed.has(id)).map(([id, entry]) => [id, prune(entry, needed)]),
    ),
  };

  /** The name of the entry for what stands there. */
  function visit(schema: Tree | undefined, id: string): string {
    if (!isTreeObject(schema)) return id;
    const ref = schema.get('$ref');
    if (typeof ref === 'string') return ref;
    const properties = schema.get('properties');
    const items = schema.get('items');
    const union = schema.get('anyOf');
    found.set(id, {
      undo: undo.get(schema)?.undo,
      absent: undo.get(schema)?.absent,
      ...(isTreeObject(properties)
        ? {
            properties: new Map(
              [...properties].map(([name, part]) => [
                name,
                visit(part, `${id}/properties/${escapePointer(name)}`),
              ]),
            ),
          }
        : {}),
      ...(isTreeObject(items) ? { items: visit(items, `${id}/items`) } : {}),
      ...(isTreeArray(union)
        ? {
            branches: union.map((branch, i) => ({
              ...describe(lookup(branch), lookup),
              to: visit(branch, `${id}/anyOf/${i}`),
            })),
          }
        : {}),
    });
    return id;
  }
}

function describe(schema: TreeObject, lookup: Lookup): Branch {
  const types = typesOf(schema);
  const properties = schema.get('properties');
  const required = schema.get('required');
  if (!isTreeObject(properties)) return types ? { types } : {};
  const where = [...properties].flatMap(([name, part]): [string, Tree][] => {
    const target = lookup(part);
    const values = valuesOf(target)?.filter((value) => !isTreeArray(value) && !isTreeObject(value));
    const found = typesOf(target);
    if (values) return [[name, new Map([['values', values]])]];
    return found ? [[name, new Map([['types', [...found]]])]] : [];
  });
  return {
    ...(types ? { types } : {}),
    required: isTreeArray(required) ? required.filter((name) => typeof name === 'string') : [],
    known: [...properties.keys()],
    where: new Map(where),
  };
}

/** Those that undo something, and those that lead to one. */
function neededEntries(entries: ReadonlyMap<string, DecodeEntry>): ReadonlySet<string> {
  const leadsTo = Map.groupBy(
    [...entries].flatMap(([id, entry]) => targetsOf(entry).map((target) => ({ id, target }))),
    ({ target }) => target,
  );
  const needed = new Set<string>();
  const open = [...entries]
    .filter(([, entry]) => entry.undo !== undefined || entry.absent !== undefined)
    .map(([id]) => id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (needed.has(id)) continue;
    needed.add(id);
    for (const from of leadsTo.get(id) ?? []) open.push(from.id);
  }
  return needed;
}

const targetsOf = ({ properties, items, branches }: DecodeEntry): readonly string[] => [
  ...(properties?.values() ?? []),
  ...(items === undefined ? [] : [items]),
  ...(branches ?? []).flatMap(({ to }) => (to === undefined ? [] : [to])),
];

function prune(entry: DecodeEntry, needed: ReadonlySet<string>): DecodeEntry {
  const properties = entry.properties && new Map([...entry.properties].filter(([, to]) => needed.has(to)));
  const branches = entry.branches?.map(
    ({ to, ...branch }): Branch => (to !== undefined && needed.has(to) ? { ...branch, to } : branch),
  );
  return {
    undo: entry.undo,
    absent: entry.absent,
    properties: properties && properties.size > 0 ? properties : undefined,
    items: entry.items !== undefined && needed.has(entry.items) ? entry.items : undefined,
    branches: branches?.some(({ to }) => to !== undefined) ? branches : undefined,
  };
}

// Whoever decodes looks at the properties of an object, and no deeper.
const TOLD_AT_ONCE = 2;

/** Where something is to be undone in a branch, each value must tell of which branch it is. */
function ensureTold(
  entries: ReadonlyMap<string, DecodeEntry>,
  needed: ReadonlySet<string>,
  lookup: Lookup,
  notes: Notes,
  root: TreeObject,
): void {
  for (const [id, { branches }] of entries) {
    if (!branches || !needed.has(id)) continue;
    const union = at(root, id).get('anyOf');
    if (!isTreeArray(union)) continue;
    const isTold =
      branches.length <= 64 &&
      branches.every((branch, i) =>
        branches.slice(i + 1).every((other, j) => {
          const isUndone = [branch, other].some(({ to }) => to !== undefined && needed.has(to));
          return (
            !isUndone ||
            branch.to === other.to ||
            areDisjoint(union[i] as Tree, union[i + 1 + j] as Tree, lookup, TOLD_AT_ONCE)
          );
        }),
      );
    if (isTold) continue;
    const reason = 'a value may be of two branches, and what is to be undone differs between them';
    notes.refuse(id.slice(1), 'anyOf', reason, 'a property in each branch with a const of its own');
  }
}

function at(root: TreeObject, id: string): TreeObject {
  let value: Tree | undefined = root;
  for (const token of id.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    value = isTreeObject(value) ? value.get(name) : isTreeArray(value) ? value[Number(name)] : undefined;
  }
  return isTreeObject(value) ? value : new Map();
}
