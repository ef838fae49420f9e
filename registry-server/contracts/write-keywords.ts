import { toNumber } from '../schema-types/json-text.ts';
import { annotations, fitsType, frame, isRule, typeOfKeyword } from './keywords.ts';
import { clip } from './notes.ts';
import { isTreeArray, type Tree, type TreeObject, writeOrderedJson } from './ordered-json.ts';
import type { Place, Walk } from './walk.ts';

// Of a rule that goes into the description.
const MAX_TOLD = 200;

/**
 * The keywords of a schema in their order: those in `made` with the value there (undefined: left out), the others as
 * the provider takes them. What it does not take is told in the description, and listed.
 * @param type of the values; rules for other types say nothing about them
 */
export function writeKeywords(
  walk: Walk,
  schema: TreeObject,
  place: Place,
  made: ReadonlyMap<string, Tree | undefined>,
  types: readonly string[] | undefined,
): TreeObject {
  const { notes } = walk;
  const written = new Map<string, Tree>();
  const told: string[] = [];
  for (const [keyword, value] of schema) {
    if (made.has(keyword)) {
      const own = made.get(keyword);
      if (own !== undefined) written.set(keyword, own);
    } else if (frame.has(keyword)) {
      if (keyword !== '$defs' && keyword !== 'definitions') {
        notes.changed(
          place.path,
          keyword,
          'dropped',
          'The provider does not take it, and it constrains nothing.',
        );
      }
    } else if (types && !types.some((type) => fitsType(keyword, type))) {
      notes.changed(
        place.path,
        keyword,
        'dropped',
        `It says nothing about values of type ${types.join(', ')}.`,
      );
    } else if (isTaken(walk, keyword, value)) {
      written.set(keyword, value);
    } else if (isVoid(keyword, value)) {
      notes.changed(place.path, keyword, 'dropped', 'It constrains nothing.');
    } else if (isRule(keyword)) {
      notes.unenforced(place.path, keyword, writeOrderedJson(value));
      notes.changed(
        place.path,
        keyword,
        'moved',
        'The provider does not enforce it; the description tells it.',
      );
      told.push(`${keyword}: ${clip(writeOrderedJson(value), MAX_TOLD)}`);
    } else if (keyword === 'default' || keyword === 'examples') {
      notes.changed(place.path, keyword, 'moved', 'The provider does not take it; the description tells it.');
      told.push(`${keyword}: ${clip(writeOrderedJson(value), MAX_TOLD)}`);
    } else {
      const why = annotations.has(keyword)
        ? 'The provider does not take it.'
        : 'It is no keyword of JSON Schema.';
      notes.changed(place.path, keyword, 'dropped', why);
    }
  }
  for (const [keyword, value] of made) {
    if (value !== undefined && !written.has(keyword)) written.set(keyword, value);
  }
  return tell(written, told);
}

/** With sentences at the end of its description, unless they are there. */
export function tell(schema: TreeObject, sentences: readonly string[]): TreeObject {
  if (sentences.length === 0) return schema;
  const text = sentences.join('; ');
  const known = schema.get('description');
  const told = new Map(schema);
  if (typeof known !== 'string' || known === '') told.set('description', text);
  else if (!known.endsWith(text)) told.set('description', `${known}\n\n${text}`);
  return told;
}

/** An array that may hold anything, or a number of at least nothing. */
function isVoid(keyword: string, value: Tree): boolean {
  if (keyword === 'uniqueItems') return value === false;
  if (keyword === 'minItems' || keyword === 'minLength' || keyword === 'minProperties') return value === 0;
  return keyword === 'unevaluatedProperties' || keyword === 'unevaluatedItems' ? value === true : false;
}

function isTaken({ rules }: Walk, keyword: string, value: Tree): boolean {
  if (!rules.keywords.includes(keyword)) return false;
  if (keyword === 'format') return rules.formats === 'any' || rules.formats.includes(String(value));
  if (keyword === 'minItems') {
    const count = isTreeArray(value) ? undefined : toNumber(value as number);
    return rules.mostMinItems === undefined || (count !== undefined && count <= rules.mostMinItems);
  }
  if (keyword === 'pattern') return rules.patterns !== 'simple' || !notSimple.test(String(value));
  return true;
}

// Look-around, back references and the edges of words.
const notSimple = /\(\?[=!<]|\\[1-9bBk]/;

/** The types that the rules of a schema without `type` are about. */
export function impliedTypes(schema: TreeObject): readonly string[] {
  const types = new Set<string>();
  for (const keyword of schema.keys()) {
    const type = typeOfKeyword(keyword);
    if (type !== undefined && keyword !== 'propertyOrdering') types.add(type);
  }
  return [...types];
}

/** Where the provider has no place for any value: a string that holds it. */
export function jsonText(walk: Walk, schema: TreeObject, place: Place, what: string): TreeObject {
  const kept = new Map<string, Tree>([['type', 'string']]);
  const why = 'The provider has no place for it; it is written as JSON in a string.';
  walk.notes.changed(place.path, 'type', 'rewritten', why);
  walk.notes.unenforced(place.path, 'json-text', JSON.stringify(what));
  const told: string[] = [`${what}, written as JSON in this string`];
  for (const [keyword, value] of schema) {
    if (walk.rules.keywords.includes(keyword) && annotations.has(keyword)) kept.set(keyword, value);
    else if (
      keyword !== 'type' &&
      !annotations.has(keyword) &&
      !frame.has(keyword) &&
      !isVoid(keyword, value)
    ) {
      walk.notes.unenforced(place.path, keyword, writeOrderedJson(value));
      told.push(`${keyword}: ${clip(writeOrderedJson(value), MAX_TOLD)}`);
    }
  }
  const written = tell(kept, told);
  walk.undo.set(written, { undo: 'json-text' });
  return written;
}
