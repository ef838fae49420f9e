import { isTreeArray, isTreeObject, type Tree, type TreeObject } from './ordered-json.ts';

export const escapePointer = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

/** What a `$ref` leads to: a schema, and its JSON Pointer; or why it leads nowhere. */
export type Target =
  | { readonly schema: Tree; readonly pointer: string }
  | { readonly problem: 'external' | 'missing' | 'endless' };

/** The schema that was sent, and what its references lead to. */
export class SourceSchema {
  readonly root: Tree;
  readonly #targets = new Map<string, Target>();

  constructor(root: Tree) {
    this.root = root;
  }

  /** Follows references to references. */
  resolve(ref: string): Target {
    const known = this.#targets.get(ref);
    if (known) return known;
    const found = this.#follow(ref);
    this.#targets.set(ref, found);
    return found;
  }

  #follow(ref: string): Target {
    const seen = new Set<string>();
    let found: Target | undefined;
    for (let next = ref; ; ) {
      if (seen.has(next)) return { problem: 'endless' };
      seen.add(next);
      if (next !== '#' && !next.startsWith('#/'))
        return { problem: next.startsWith('#') ? 'missing' : 'external' };
      const schema = this.#at(next.slice(1));
      if (schema === undefined) return { problem: 'missing' };
      const deeper = isTreeObject(schema) ? schema.get('$ref') : undefined;
      // With words of its own it is a schema of its own; but it has to lead somewhere as well.
      if (isTreeObject(schema) && schema.size > 1) found ??= { schema, pointer: next.slice(1) };
      if (typeof deeper !== 'string') return found ?? { schema, pointer: next.slice(1) };
      next = deeper;
    }
  }

  #at(pointer: string): Tree | undefined {
    let value: Tree | undefined = this.root;
    for (const token of pointer.split('/').slice(1)) {
      const name = unescapeToken(token);
      if (name === undefined) return undefined;
      if (isTreeObject(value)) value = value.get(name);
      else if (isTreeArray(value)) value = /^\d{1,9}$/.test(name) ? value[Number(name)] : undefined;
      else return undefined;
    }
    return isTreeObject(value) || typeof value === 'boolean' ? value : undefined;
  }

  /** Whether null is named among what the schema allows. A place for any value does not name it. */
  namesNull(schema: Tree, depth = 0): boolean {
    if (!isTreeObject(schema) || depth > 32) return false;
    const ref = schema.get('$ref');
    if (typeof ref === 'string') {
      const target = this.resolve(ref);
      return 'schema' in target && this.namesNull(target.schema, depth + 1);
    }
    const type = schema.get('type');
    const union = schema.get('anyOf') ?? schema.get('oneOf');
    const all = schema.get('allOf');
    const values = schema.get('enum') ?? (schema.has('const') ? [schema.get('const') as Tree] : undefined);
    if (isTreeArray(values) && !values.includes(null)) return false;
    if (type !== undefined)
      return (
        type === 'null' || schema.get('nullable') === true || (isTreeArray(type) && type.includes('null'))
      );
    if (isTreeArray(values)) return true;
    if (isTreeArray(union)) return union.some((branch) => this.namesNull(branch, depth + 1));
    return isTreeArray(all) && all.length > 0 && all.every((branch) => this.namesNull(branch, depth + 1));
  }
}

function unescapeToken(token: string): string | undefined {
  try {
    return decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

export function without(schema: TreeObject, ...names: readonly string[]): TreeObject {
  return new Map([...schema].filter(([name]) => !names.includes(name)));
}
