import { InvalidSchema } from '../invalid-schema.ts';
import { isArray, isObject, type Json, type JsonObject } from '../json-text.ts';
import type { ResolvedReference } from '../schema-type.ts';
import { type Draft, findDraft, isDraftAddress } from './drafts.ts';
import { requireKeywordForms, schemaKeywords } from './keywords.ts';

/** One schema text: the schema itself, or one that it refers to by name. */
export interface Document {
  readonly root: Json;
  readonly draft: Draft;
  /** The base of relative `$ref`s: its `$id`, else the name by which others refer to it. */
  readonly address: string;
  /** Schemas with an `$id` or an anchor of their own, by full address. */
  readonly named: ReadonlyMap<string, Located>;
  /** The base address in force at the schemas that change it with an `$id`. */
  readonly bases: ReadonlyMap<JsonObject, string>;
  /** Every `$ref` in the text and where it stands. */
  readonly refs: readonly { readonly ref: string; readonly from: Located }[];
  /** Checks a schema that only a pointer into an unknown keyword reaches. */
  readonly admit: (place: Located, path: string) => void;
}

/** A schema and the document it stands in. */
export interface Located {
  readonly schema: Json;
  readonly document: Document;
  /** The address that relative references in it start from. */
  readonly base: string;
}

/** Every name in a schema is appended to it: thousands of names with one of many kilobytes would fill the memory. */
const maxAddressLength = 2_048;

function requireShort(address: string, where: string): void {
  if (address.length <= maxAddressLength) return;
  throw new InvalidSchema(`${where}: an address has at most ${maxAddressLength} characters`);
}

// Schemas with relative ids get an address all the same, so that all references resolve in one way.
const localAddress = 'registry:/schema';

/** Checks every keyword of the text and notes where its names are. */
export function openDocument(root: Json, name = ''): Document {
  const draft = findDraft(isObject(root) ? root.$schema : undefined);
  const own = isObject(root) ? root[draft.idKeyword] : undefined;
  const address = resolveAddress(typeof own === 'string' ? own : name, resolveAddress(name, localAddress));
  const named = new Map<string, Located>();
  const bases = new Map<JsonObject, string>();
  const refs: { ref: string; from: Located }[] = [];
  const visited = new Set<JsonObject>();
  const document: Document = {
    root,
    draft,
    address: withoutFragment(address),
    named,
    bases,
    refs,
    admit: (place, path) => {
      if (isObject(place.schema) && !visited.has(place.schema)) visit(place.schema, place.base, path);
    },
  };
  visit(root, document.address, '#');
  return document;

  function visit(schema: Json, outer: string, path: string): void {
    if (typeof schema === 'boolean') return;
    if (!isObject(schema)) throw new InvalidSchema(`${path}: a schema is an object or a boolean`);
    visited.add(schema);
    requireKeywordForms(schema, path);
    const base = note(schema, outer, path);
    if (typeof schema.$ref === 'string') refs.push({ ref: schema.$ref, from: { schema, document, base } });
    for (const key of Object.keys(schema)) {
      const shape = Object.hasOwn(schemaKeywords, key) ? schemaKeywords[key] : undefined;
      if (shape !== undefined) visitInside(schema[key] as Json, shape, base, `${path}/${key}`);
    }
  }

  function visitInside(value: Json, shape: 'one' | 'list' | 'map', base: string, path: string): void {
    if (shape === 'map' && isObject(value)) {
      for (const key of Object.keys(value)) {
        // A dependency may be an array of names as well.
        if (!isArray(value[key])) visit(value[key] as Json, base, `${path}/${key}`);
      }
    } else if (isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, base, `${path}/${index}`);
    } else {
      visit(value, base, path);
    }
  }

  function note(schema: JsonObject, outer: string, path: string): string {
    const id = schema[draft.idKeyword];
    let base = outer;
    // Before 2019-09 an `$id` beside a `$ref` is ignored, as all siblings are.
    if (typeof id === 'string' && (draft.isModern || schema.$ref === undefined)) {
      const full = resolveAddress(id, outer);
      requireShort(full, `${path}/${draft.idKeyword}`);
      if (!id.startsWith('#')) {
        base = withoutFragment(full);
        if (base !== outer) bases.set(schema, base);
      }
      named.set(full.replace(/#$/, ''), { schema, document, base });
    }
    for (const keyword of ['$anchor', '$dynamicAnchor'] as const) {
      const anchor = schema[keyword];
      if (typeof anchor === 'string') named.set(`${base}#${anchor}`, { schema, document, base });
    }
    return base;
  }
}

/** Everything that a `$ref` may reach: the schema itself and what was registered as its references. */
export class Documents {
  readonly main: Document;
  readonly #byAddress = new Map<string, Located>();
  /** The text of each reference under the name that the client gave it. */
  readonly #byName = new Map<string, Located>();

  constructor(root: Json, references: readonly { reference: ResolvedReference; root: Json }[]) {
    for (const { reference, root: referred } of references) {
      requireShort(reference.name, 'the name of a reference');
      const document = openDocument(referred, reference.name);
      this.#byName.set(reference.name, located(document));
      this.#add(document);
      this.#byAddress.set(resolveAddress(reference.name, localAddress), located(document));
    }
    this.main = openDocument(root);
    // A reference's name may be meant relative to the `$id` of the schema that uses it.
    for (const [name, place] of this.#byName)
      this.#byAddress.set(resolveAddress(name, this.main.address), place);
    this.#add(this.main);
    for (const { ref, from } of this.main.refs) this.get(ref, from);
  }

  /** @throws InvalidSchema when nothing here has that name, or what has it is not a schema */
  get(ref: string, from: Located): Located {
    const found = this.#find(ref, from);
    if (found === undefined) {
      throw new InvalidSchema(`$ref "${ref}" leads nowhere; define it here or register it as a reference`);
    }
    if (!isObject(found.schema) && typeof found.schema !== 'boolean') {
      throw new InvalidSchema(`$ref "${ref}" leads to something that is not a schema`);
    }
    found.document.admit(found, ref);
    return found;
  }

  #add(document: Document): void {
    this.#byAddress.set(document.address, located(document));
    for (const [address, place] of document.named) this.#byAddress.set(address, place);
  }

  /** Looks among what was given: nothing is ever fetched. */
  #find(ref: string, from: Located): Located | undefined {
    const named = this.#byName.get(ref);
    if (named !== undefined) return named;
    // A schema that must be a schema: whatever the drafts' own documents say of it, it is not compared.
    if (isDraftAddress(ref)) return { schema: true, document: from.document, base: from.base };
    const [name = '', fragment = ''] = splitOnce(ref, '#');
    const address = name === '' ? from.base : withoutFragment(resolveAddress(name, from.base));
    const whole =
      name === ''
        ? (this.#byAddress.get(from.base) ?? located(from.document))
        : (this.#byName.get(name) ?? this.#byAddress.get(address));
    if (fragment === '') return whole;
    if (!fragment.startsWith('/')) return this.#byAddress.get(`${address}#${fragment}`);
    if (whole === undefined) return undefined;
    // The reference finds under `$defs` what stands under `definitions`, whichever of the two the draft has.
    const bridged = fragment.startsWith('/$defs/')
      ? `/definitions/${fragment.slice('/$defs/'.length)}`
      : undefined;
    return follow(whole, fragment) ?? (bridged === undefined ? undefined : follow(whole, bridged));
  }
}

const located = (document: Document): Located => ({
  schema: document.root,
  document,
  base: document.address,
});

function follow(from: Located, pointer: string): Located | undefined {
  let schema: Json | undefined = from.schema;
  let base = from.base;
  for (const step of pointer.slice(1).split('/')) {
    const key = unescapeStep(step);
    if (isArray(schema)) schema = /^\d+$/.test(key) ? schema[Number(key)] : undefined;
    else schema = isObject(schema) && Object.hasOwn(schema, key) ? schema[key] : undefined;
    if (isObject(schema)) base = from.document.bases.get(schema) ?? base;
  }
  return schema === undefined ? undefined : { schema, document: from.document, base };
}

function unescapeStep(step: string): string {
  const plain = step.includes('%') ? decode(step) : step;
  return plain.includes('~') ? plain.replaceAll('~1', '/').replaceAll('~0', '~') : plain;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}

function resolveAddress(ref: string, base: string): string {
  if (ref === '') return base;
  if (ref.startsWith('#')) return withoutFragment(base) + ref;
  return URL.parse(ref, base)?.href ?? ref;
}

const withoutFragment = (address: string): string => splitOnce(address, '#')[0];

function splitOnce(text: string, mark: string): [string, string?] {
  const index = text.indexOf(mark);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}
