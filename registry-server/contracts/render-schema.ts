import { type DecodeTable, decodeTable } from './decode-table.ts';
import { frame } from './keywords.ts';
import { Notes } from './notes.ts';
import { isTreeObject, type Tree, type TreeObject } from './ordered-json.ts';
import type { Profile, SchemaRules } from './profile.ts';
import { findRecursion, type Reference } from './recursion.ts';
import { renderNode } from './render-node.ts';
import { SourceSchema } from './source-schema.ts';
import type { Place, Undo, Walk } from './walk.ts';

export type RenderingClass = 'exact' | 'relaxed' | 'encoded' | 'refused';

/** A schema as a provider takes it, and what is to be known of it. */
export interface SchemaRendering {
  readonly class: RenderingClass;
  /** Undefined where it was refused. */
  readonly schema: Tree | undefined;
  readonly notes: Notes;
  /** Undefined where what comes back is as the schema has it. */
  readonly decode: DecodeTable | undefined;
}

// Of all that is written, so that references which double what they lead to come to an end.
const MAX_PARTS = 50_000;
/** The property that holds what is not an object, where the provider wants one at the root. */
const WRAPPER = 'value';

/** The schema by the rules of a profile. Its limits are not looked at here. */
export function renderSchema(source: Tree, profile: Profile): SchemaRendering {
  const notes = new Notes();
  const { schema: rules, root } = profile;
  if (rules === 'whole') {
    if (root !== 'any' && !(isTreeObject(source) && source.get('type') === 'object')) {
      notes.refuse('/type', 'type', 'the provider wants an object at the root', '"type": "object"');
    }
    return finish(source, notes, undefined);
  }
  const undo = new WeakMap<TreeObject, Undo>();
  try {
    const { schema, isWrapped } = renderRoot(source, rules, root, notes, undo);
    if (notes.refusals.length > 0) return finish(undefined, notes, undefined);
    const decode = decodeTable(schema, undo, isWrapped ? WRAPPER : undefined, notes);
    return finish(schema, notes, decode);
  } catch (error) {
    if (!(error instanceof TooManyParts) && !(error instanceof RangeError)) throw error;
    notes.refuse(
      '',
      '$ref',
      `written out it has more than ${MAX_PARTS} parts, or too many levels`,
      'fewer references in references',
    );
    return finish(undefined, notes, undefined);
  }
}

class TooManyParts extends Error {
  override readonly name = 'TooManyParts';
}

function finish(schema: Tree | undefined, notes: Notes, decode: DecodeTable | undefined): SchemaRendering {
  if (notes.refusals.length > 0) return { class: 'refused', schema: undefined, notes, decode: undefined };
  return {
    class: decode ? 'encoded' : notes.notEnforced.length > 0 ? 'relaxed' : 'exact',
    schema,
    notes,
    decode,
  };
}

function renderRoot(
  source: Tree,
  rules: SchemaRules,
  wanted: Profile['root'],
  notes: Notes,
  undo: WeakMap<TreeObject, Undo>,
): { schema: TreeObject; isWrapped: boolean } {
  const definitions = new Map<string, Tree>();
  const names = new Map<string, string>();
  const queue: { readonly pointer: string; readonly name: string }[] = [];
  const references: Reference[] = [];
  let parts = 0;
  const walk: Walk = {
    rules,
    source: new SourceSchema(source),
    notes,
    undo,
    spend() {
      if (++parts > MAX_PARTS) throw new TooManyParts();
    },
    node(schema, place) {
      walk.spend();
      return renderNode(walk, schema, place);
    },
    refer(pointer, place) {
      let name = names.get(pointer);
      if (name === undefined) {
        name = freeName(pointer, definitions);
        names.set(pointer, name);
        definitions.set(name, true);
        queue.push({ pointer, name });
      }
      references.push({ from: place.owner, to: name, isOptional: place.isOptional, path: place.path });
      return `#/$defs/${name}`;
    },
  };
  // A root that is a reference alone is what it leads to.
  const ref = isTreeObject(source) ? source.get('$ref') : undefined;
  const target = typeof ref === 'string' && isBare(source) ? walk.source.resolve(ref) : undefined;
  const top: Place = { path: '', owner: '', isOptional: false, inlined: [] };
  let body =
    target && 'schema' in target
      ? walk.node(target.schema, { ...top, path: target.pointer })
      : walk.node(source, top);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const found = walk.source.resolve(`#${next.pointer}`);
    const place: Place = { path: next.pointer, owner: next.name, isOptional: false, inlined: [] };
    if ('schema' in found) definitions.set(next.name, walk.node(found.schema, place));
  }
  for (const path of findRecursion(references, rules.recursion)) {
    const right = rules.recursion === 'refuse' ? 'a bounded depth' : 'an optional property on the way';
    notes.refuse(path, '$ref', 'the schema refers to itself, which the provider does not take here', right);
  }
  const isObject = body.get('type') === 'object' && !body.has('anyOf') && !body.has('nullable');
  const isWrapped = wanted !== 'any' && !isObject;
  if (isWrapped) {
    notes.changed(
      '',
      'type',
      'rewritten',
      `The provider wants an object at the root; "${WRAPPER}" holds what was there.`,
    );
    body = new Map<string, Tree>([
      ['type', 'object'],
      ['properties', new Map([[WRAPPER, body]])],
      ['required', [WRAPPER]],
      ['additionalProperties', false],
    ]);
  }
  return { schema: withDefinitions(body, definitions, undo), isWrapped };
}

const isBare = (schema: Tree): boolean =>
  isTreeObject(schema) && [...schema.keys()].every((name) => name === '$ref' || frame.has(name));

function withDefinitions(
  body: TreeObject,
  definitions: TreeObject,
  undo: WeakMap<TreeObject, Undo>,
): TreeObject {
  if (definitions.size === 0) return body;
  const whole = new Map<string, Tree>([...body, ['$defs', definitions]]);
  const known = undo.get(body);
  if (known) undo.set(whole, known);
  return whole;
}

/** Named as in the source, in letters that a pointer needs no escapes for. */
function freeName(pointer: string, taken: TreeObject): string {
  const last = pointer.split('/').at(-1) ?? '';
  const base = last.replace(/[^\w.-]/g, '_').slice(0, 64) || 'root';
  for (let i = 1; ; i++) {
    const name = i === 1 ? base : `${base}_${i}`;
    if (!taken.has(name)) return name;
  }
}
