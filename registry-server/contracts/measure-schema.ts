import { isTreeArray, isTreeObject, type Tree, writeOrderedJson } from './ordered-json.ts';
import type { Measure } from './profile.ts';

export type Sizes = Readonly<Record<Measure, number>>;

// Providers bound the characters of a list of values where it has more of them than this.
const LONG_ENUM = 250;

/** What a rendered schema takes of a provider's limits. */
export function measureSchema(schema: Tree): Sizes {
  const sizes: Record<Measure, number> = {
    tools: 1,
    properties: 0,
    depth: 0,
    enumValues: 0,
    enumCharacters: 0,
    characters: 0,
    optional: 0,
    unions: 0,
  };
  visit(schema, 0);
  const definitions = isTreeObject(schema) ? schema.get('$defs') : undefined;
  if (isTreeObject(definitions)) {
    for (const [name, part] of definitions) {
      sizes.characters += name.length;
      visit(part, 0);
    }
  }
  return sizes;

  function visit(part: Tree | undefined, level: number): void {
    if (!isTreeObject(part)) return;
    const type = part.get('type');
    const types = isTreeArray(type) ? type : [type];
    const own = level + (types.includes('object') || types.includes('array') ? 1 : 0);
    sizes.depth = Math.max(sizes.depth, own);
    const values = part.get('enum');
    if (isTreeArray(values)) {
      const characters = values.reduce<number>((sum, value) => sum + lengthOf(value), 0);
      sizes.enumValues += values.length;
      sizes.characters += characters;
      if (values.length > LONG_ENUM) sizes.enumCharacters = Math.max(sizes.enumCharacters, characters);
    }
    if (part.has('const')) sizes.characters += lengthOf(part.get('const') ?? null);
    if (types.length > 1 || part.has('anyOf')) sizes.unions++;
    const properties = part.get('properties');
    const required = part.get('required');
    if (isTreeObject(properties)) {
      const needed = new Set(isTreeArray(required) ? required : []);
      for (const [name, value] of properties) {
        sizes.properties++;
        sizes.characters += name.length;
        if (!needed.has(name)) sizes.optional++;
        visit(value, own);
      }
    }
    visit(part.get('items'), own);
    const more = part.get('additionalProperties');
    if (isTreeObject(more)) visit(more, own);
    for (const keyword of ['anyOf', 'prefixItems']) {
      const parts = part.get(keyword);
      if (isTreeArray(parts)) for (const each of parts) visit(each, own);
    }
  }
}

const lengthOf = (value: Tree): number =>
  typeof value === 'string' ? value.length : writeOrderedJson(value).length;
