import { InvalidSchema } from '../invalid-schema.ts';
import { isArray, isObject, type Json, type JsonObject, toNumber, writeJson } from '../json-text.ts';

export const simpleTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'] as const;
export type SimpleType = (typeof simpleTypes)[number];

interface Form {
  readonly words: string;
  readonly fits: (value: Json) => boolean;
}

const isSchema = (value: Json) => isObject(value) || typeof value === 'boolean';
const isCount = (value: Json) => {
  const count = toNumber(value);
  return count !== undefined && Number.isInteger(count) && count >= 0;
};
const areStrings = (value: Json) => isArray(value) && value.every((item) => typeof item === 'string');
const isSimpleType = (value: Json) => (simpleTypes as readonly Json[]).includes(value);

const schema: Form = { words: 'a schema: an object or a boolean', fits: isSchema };
const schemas: Form = {
  words: 'a non-empty array of schemas',
  fits: (value) => isArray(value) && value.length > 0 && value.every(isSchema),
};
const schemaMap: Form = {
  words: 'an object whose values are schemas',
  fits: (value) => isObject(value) && Object.keys(value).every((key) => isSchema(value[key] as Json)),
};
const count: Form = { words: 'a whole number of at least 0', fits: isCount };
const number: Form = { words: 'a number', fits: (value) => toNumber(value) !== undefined };
const text: Form = { words: 'a string', fits: (value) => typeof value === 'string' };
const flag: Form = { words: 'true or false', fits: (value) => typeof value === 'boolean' };
const strings: Form = { words: 'an array of strings', fits: areStrings };

/** The form of every keyword that has one. Keywords that are not listed are annotations and may hold anything. */
const forms: Readonly<Record<string, Form>> = {
  $schema: text,
  $ref: text,
  $anchor: text,
  $comment: text,
  title: text,
  description: text,
  type: {
    words: `one of ${simpleTypes.join(', ')}, or a non-empty array of them without repeats`,
    fits: (value) =>
      isArray(value)
        ? value.length > 0 && value.every(isSimpleType) && new Set(value).size === value.length
        : isSimpleType(value),
  },
  enum: { words: 'an array', fits: isArray },
  multipleOf: { words: 'a number above 0', fits: (value) => (toNumber(value) ?? 0) > 0 },
  maximum: number,
  minimum: number,
  exclusiveMaximum: {
    words: 'a number (draft 4: a boolean)',
    fits: (value) => number.fits(value) || flag.fits(value),
  },
  exclusiveMinimum: {
    words: 'a number (draft 4: a boolean)',
    fits: (value) => number.fits(value) || flag.fits(value),
  },
  maxLength: count,
  minLength: count,
  pattern: text,
  format: text,
  items: {
    words: 'a schema or an array of schemas',
    fits: (value) => isSchema(value) || (isArray(value) && value.every(isSchema)),
  },
  prefixItems: schemas,
  additionalItems: schema,
  unevaluatedItems: schema,
  contains: schema,
  maxItems: count,
  minItems: count,
  maxContains: count,
  minContains: count,
  uniqueItems: flag,
  properties: schemaMap,
  patternProperties: schemaMap,
  additionalProperties: schema,
  unevaluatedProperties: schema,
  propertyNames: schema,
  maxProperties: count,
  minProperties: count,
  required: strings,
  dependentRequired: {
    words: 'an object whose values are arrays of strings',
    fits: (value) => isObject(value) && Object.keys(value).every((key) => areStrings(value[key] as Json)),
  },
  dependentSchemas: schemaMap,
  dependencies: {
    words: 'an object whose values are schemas or arrays of strings',
    fits: (value) =>
      isObject(value) &&
      Object.keys(value).every((key) => isSchema(value[key] as Json) || areStrings(value[key] as Json)),
  },
  definitions: schemaMap,
  $defs: schemaMap,
  allOf: schemas,
  anyOf: schemas,
  oneOf: schemas,
  not: schema,
  if: schema,
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits this table.
  then: schema,
  else: schema,
};

/** @throws InvalidSchema that names the keyword, what it holds and what it may hold */
export function requireKeywordForms(value: JsonObject, path: string): void {
  for (const key of Object.keys(value)) {
    const form = Object.hasOwn(forms, key) ? forms[key] : undefined;
    if (form === undefined || form.fits(value[key] as Json)) continue;
    const shown = writeJson(value[key] as Json);
    const short = shown.length > 80 ? `${shown.slice(0, 80)}…` : shown;
    throw new InvalidSchema(`${path}/${key}: ${short} is not allowed here; write ${form.words}`);
  }
}

/** Where keywords hold further schemas: for finding `$id`s and anchors, and for checking what no reference reaches. */
export const schemaKeywords: Readonly<Record<string, 'one' | 'list' | 'map'>> = {
  items: 'list',
  prefixItems: 'list',
  additionalItems: 'one',
  unevaluatedItems: 'one',
  contains: 'one',
  properties: 'map',
  patternProperties: 'map',
  additionalProperties: 'one',
  unevaluatedProperties: 'one',
  propertyNames: 'one',
  dependentSchemas: 'map',
  dependencies: 'map',
  definitions: 'map',
  $defs: 'map',
  allOf: 'list',
  anyOf: 'list',
  oneOf: 'list',
  not: 'one',
  if: 'one',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits this table.
  then: 'one',
  else: 'one',
};

/** The keywords that say something of values of one type; the others say it of all values, or nothing. */
const families: readonly {
  readonly type: SimpleType;
  readonly always: readonly string[];
  readonly modern: readonly string[];
  readonly legacy: readonly string[];
}[] = [
  {
    type: 'array',
    always: ['items', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
    modern: ['prefixItems', 'unevaluatedItems'],
    legacy: ['additionalItems'],
  },
  {
    type: 'object',
    always: [
      'properties',
      'required',
      'minProperties',
      'maxProperties',
      'patternProperties',
      'additionalProperties',
      'propertyNames',
    ],
    modern: ['dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
    legacy: ['dependencies'],
  },
  {
    type: 'number',
    always: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
    modern: [],
    legacy: [],
  },
  // The reference takes `format` for a restriction of strings where its library for older drafts reads the schema.
  { type: 'string', always: ['minLength', 'maxLength', 'pattern'], modern: [], legacy: ['format'] },
];

const keywordsByDraft = {
  modern: families.map(({ type, always, modern }) => [type, [...always, ...modern]] as const),
  legacy: families.map(({ type, always, legacy }) => [type, [...always, ...legacy]] as const),
};

/** The types that a schema without a `type` speaks of, by its keywords: what it says of each is a part of it, as in the reference. */
export function typesSpokenOf(schema: JsonObject, isModern: boolean): readonly SimpleType[] {
  let spokenOf: SimpleType[] | undefined;
  for (const [type, keywords] of keywordsByDraft[isModern ? 'modern' : 'legacy']) {
    for (const keyword of keywords) {
      if (schema[keyword] === undefined) continue;
      spokenOf ??= [];
      spokenOf.push(type);
      break;
    }
  }
  return spokenOf ?? none;
}

const none: readonly SimpleType[] = [];
