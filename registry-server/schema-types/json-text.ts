import { InvalidSchema } from './invalid-schema.ts';
import { asDecimal, asWritten, type Spelling } from './number-text.ts';

export type Json = null | boolean | number | string | NumberText | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** A number whose text says more than a double keeps: 1.0, 1e3, 9223372036854775807. */
export class NumberText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText);

export const isArray = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

export function toNumber(value: Json | undefined): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof NumberText ? Number(value.text) : undefined;
}

/** Deeper schemas are refused: every walk over a schema recurses, and the stack is finite. */
export const maxDepth = 1000;

/** The value, and the same text without whitespace: keys in their order, numbers and escapes as the reference spells them. */
export function readJson(text: string): { value: Json; compact: () => string } {
  if (mayBeDeep(text)) requireDepth(text);
  const hasOddNumber = holdsOddNumber(text);
  const value = parse(text, hasOddNumber);
  return {
    value,
    // Objects move keys that look like integers to the front: then the text itself tells the order.
    compact: () =>
      mayHoldIntegerKey.test(text)
        ? squeeze(text, value)
        : write(value, hasOddNumber || mayHoldControl.test(text)),
  };
}

function parse(text: string, hasOddNumber: boolean): Json {
  try {
    if (!hasOddNumber) return JSON.parse(text) as Json;
    return JSON.parse(text, keepNumberText as (key: string, value: unknown) => unknown) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidSchema(`not JSON: ${error.message}`, { cause: error });
  }
}

const write = (value: Json, isOdd: boolean): string =>
  isOdd ? writeJson(value, asDecimal) : JSON.stringify(value);

/** Reading such numbers takes several times as long: a version in a description is no reason to. */
const holdsOddNumber = (text: string): boolean =>
  mayBeOdd.test(text) && oddNumber.test(text) && oddNumber.test(text.replace(stringToken, '""'));

// Matches wherever the next one does, in a quarter of its time.
const mayBeOdd = /\d(?:[.eE]|\d{15})|-0/;

// Only where a number may begin: the 07 in the address of draft-07 is none.
const oddNumber = /(?:^|[:,[\s])-?(?:\d{16}|\d+[.eE]|(?<=-)0)/;
const stringToken = /"[^"\\]*(?:\\.[^"\\]*)*"/g;
// Of those that JSON has no letter for, these have a letter in their number.
const mayHoldControl = /\\u00[01][a-f]/i;
const mayHoldIntegerKey = /"\d+"\s*:/;

/** Fewer opening brackets than levels: no need to look where they stand. */
function mayBeDeep(text: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > maxDepth) return true;
    }
  }
  return false;
}

/** Without recursion, since the depth must be known before anything recurses. */
function requireDepth(text: string): void {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) at = endOfString(text, at);
    else if (code === 0x7b || code === 0x5b) depth++;
    else if (code === 0x7d || code === 0x5d) depth--;
    if (depth > maxDepth) throw new InvalidSchema(`nested deeper than ${maxDepth} levels`);
  }
}

function keepNumberText(this: unknown, _key: string, value: Json, context?: { source?: string }): Json {
  if (typeof value !== 'number' || context?.source === undefined) return value;
  return String(value) === context.source ? value : new NumberText(context.source);
}

const quote = 0x22;
const backslash = 0x5c;

function endOfString(text: string, start: number): number {
  let end = start + 1;
  while (end < text.length && text.charCodeAt(end) !== quote)
    end += text.charCodeAt(end) === backslash ? 2 : 1;
  return end;
}

/** The text without whitespace. `value` is the same, parsed: it is written instead when a key is repeated. */
function squeeze(text: string, value: Json): string {
  const keys: (Set<string> | undefined)[] = [];
  let compact = '';
  let kept = 0;
  let depth = 0;
  let lastString = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at);
      lastString = respell(text.slice(at, end + 1));
      compact += text.slice(kept, at) + lastString;
      kept = end + 1;
      at = end;
    } else if (code === 0x7b || code === 0x5b) {
      keys[++depth] = undefined;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    } else if (code === 0x3a) {
      const seen = keys[depth] ?? new Set();
      keys[depth] = seen;
      // As in the Java libraries, the last of several equal keys wins, in what is shown too.
      if (seen.has(lastString)) return writeJson(value, asDecimal);
      seen.add(lastString);
    } else if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
      compact += text.slice(kept, at);
      kept = at + 1;
    } else if (code === 0x2d || (code >= 0x30 && code <= 0x39)) {
      numberToken.lastIndex = at;
      const [number = ''] = numberToken.exec(text) ?? [];
      compact += text.slice(kept, at) + asDecimal(number);
      kept = at + number.length;
      at = kept - 1;
    }
  }
  return compact + text.slice(kept);
}

const numberToken = /-?[\d.eE+-]+/y;

/** One spelling for each string: `"\u0041"` and `"A"` are the same text. */
const respell = (token: string): string =>
  token.includes('\\') || !token.isWellFormed() ? quoted(JSON.parse(token)) : token;

/** As JSON, with the escapes of characters that have no letter in capitals, as the Java libraries write them. */
export function quoted(text: string): string {
  const json = JSON.stringify(text);
  return mayHoldControl.test(json)
    ? json.replace(escapes, (found) =>
        found.startsWith('\\u00') ? `\\u00${found.slice(4).toUpperCase()}` : found,
      )
    : json;
}

const escapes = /\\(?:u[\da-f]{4}|.)/g;

export function writeJson(value: Json, spell: Spelling = asWritten): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return spell(String(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (value instanceof NumberText) return spell(value.text);
  if (isArray(value)) return `[${value.map((item) => writeJson(item, spell)).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value)
    .map((key) => `${quoted(key)}:${writeJson(value[key] as Json, spell)}`)
    .join(',')}}`;
}

/** One text for equal values: keys sorted, 1.0 written as 1. */
export function stableJson(value: Json): string {
  if (value instanceof NumberText) return stableNumber(value.text);
  if (isArray(value)) return `[${value.map(stableJson).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${stableJson(value[key] as Json)}`)
    .join(',')}}`;
}

/** Integers beyond a double keep their digits: rounding would make different ones equal. */
const stableNumber = (text: string): string =>
  /^-?\d{16,}$/.test(text) ? text : JSON.stringify(Number(text));

/** Keys sorted at every level. */
export function sortedJson(value: Json, spell: Spelling): string {
  if (isArray(value)) return `[${value.map((item) => sortedJson(item, spell)).join(',')}]`;
  if (!isObject(value)) return writeJson(value, spell);
  return `{${Object.keys(value)
    .sort()
    .map((key) => `${quoted(key)}:${sortedJson(value[key] as Json, spell)}`)
    .join(',')}}`;
}
