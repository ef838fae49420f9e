import { expect } from 'chai';
import { checkCompatibility } from '../../../registry-server/compatibility/check.ts';
import type { CompatibilityPolicy } from '../../../registry-server/compatibility/modes.ts';
import { schemaTypes } from '../../../registry-server/schema-types/table.ts';

const JSON_SCHEMA = schemaTypes.JSON;

const modern = { $schema: 'https://json-schema.org/draft/2020-12/schema' } as const;
const one = { type: 'object', properties: { a: { type: 'string' } } } as const;
const two = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } } } as const;
const numbers = { type: 'object', properties: { a: { type: 'number' } } } as const;
const closed = { ...one, additionalProperties: false } as const;

/** Pairs that STRICT refuses: what LENIENT makes of them, as the reference does. */
const cases: readonly { title: string; before: object; after: object; lenient: readonly string[] }[] = [
  { title: 'a property is added to an open model', before: one, after: two, lenient: [] },
  {
    title: 'a required property is added to an open model',
    before: one,
    after: { ...two, required: ['b'] },
    lenient: ['REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL'],
  },
  {
    title: 'a required property with a default is added to an open model',
    before: one,
    after: { ...one, properties: { ...one.properties, b: { type: 'string', default: '' } }, required: ['b'] },
    lenient: [],
  },
  { title: 'an open model is closed', before: one, after: closed, lenient: [] },
  {
    title: 'an open model gets a schema for the rest',
    before: one,
    after: { ...one, additionalProperties: { type: 'string' } },
    lenient: [],
  },
  {
    title: 'the schema of the rest changes',
    before: { ...one, additionalProperties: { type: 'number' } },
    after: { ...one, additionalProperties: { type: 'string' } },
    lenient: ['TYPE_CHANGED'],
  },
  {
    title: 'unevaluatedProperties are closed',
    before: { ...modern, ...one },
    after: { ...modern, ...one, unevaluatedProperties: false },
    lenient: [],
  },
  {
    title: 'unevaluatedProperties get a schema',
    before: { ...modern, ...one },
    after: { ...modern, ...one, unevaluatedProperties: { type: 'string' } },
    lenient: [],
  },
  {
    title: 'a property is removed from a closed model',
    before: { ...two, additionalProperties: false },
    after: closed,
    lenient: [],
  },
  {
    title: 'a property is removed that the rest does not cover',
    before: two,
    after: { ...one, additionalProperties: { type: 'number' } },
    lenient: ['TYPE_CHANGED'],
  },
  {
    title: 'a property is added that the rest did not cover',
    before: { ...one, additionalProperties: { type: 'number' } },
    after: { ...two, additionalProperties: { type: 'number' } },
    lenient: ['TYPE_CHANGED'],
  },
  {
    title: 'an item is added to an open array',
    before: { type: 'array', items: [{}] },
    after: { type: 'array', items: [{}, { type: 'string' }] },
    lenient: ['ITEM_ADDED_TO_OPEN_CONTENT_MODEL'],
  },
  { title: 'in items', before: { items: one }, after: { items: two }, lenient: [] },
  {
    title: 'in allOf',
    before: { type: 'object', allOf: [one] },
    after: { type: 'object', allOf: [two] },
    lenient: [],
  },
  {
    title: 'in anyOf',
    before: { anyOf: [{ type: 'null' }, one] },
    after: { anyOf: [{ type: 'null' }, two] },
    lenient: [],
  },
  {
    title: 'in oneOf, in another place',
    before: { oneOf: [one, { type: 'null' }] },
    after: { oneOf: [{ type: 'null' }, { type: 'number' }, closed] },
    lenient: [],
  },
  {
    title: 'in a nullable object',
    before: { ...one, type: ['object', 'null'] },
    after: { ...two, type: ['object', 'null'] },
    lenient: [],
  },
  {
    title: 'where an object becomes a choice',
    before: one,
    after: { anyOf: [two, { type: 'null' }] },
    lenient: [],
  },
  {
    title: 'where a part of an allOf is dropped',
    before: { allOf: [one, { minProperties: 1 }] },
    after: two,
    lenient: [],
  },
  {
    title: 'behind a reference to itself',
    before: {
      $ref: '#/definitions/n',
      definitions: { n: { anyOf: [{ items: { $ref: '#/definitions/n' } }, one] } },
    },
    after: {
      $ref: '#/definitions/n',
      definitions: { n: { anyOf: [{ items: { $ref: '#/definitions/n' } }, two] } },
    },
    lenient: [],
  },
  {
    title: 'in what is forbidden',
    before: { properties: { p: { not: two } } },
    after: { properties: { p: { not: one } } },
    lenient: [],
  },
  {
    title: 'in anyOf, where a type changes',
    before: { anyOf: [{ type: 'null' }, one] },
    after: { anyOf: [{ type: 'null' }, numbers] },
    lenient: ['COMBINED_TYPE_SUBSCHEMAS_CHANGED'],
  },
];

describe('the policy LENIENT', () => {
  const rules = (
    before: object,
    after: object,
    compatibilityPolicy: CompatibilityPolicy,
  ): readonly string[] => {
    const [old, now] = [before, after].map((schema) => JSON_SCHEMA.parse(JSON.stringify(schema), []));
    const strictness = { compatibility: 'BACKWARD', compatibilityPolicy } as const;
    const lines = checkCompatibility(JSON_SCHEMA, strictness, now as never, [
      { version: 1, schema: old as never },
    ]);
    return lines.flatMap((line) => /^{errorType:"(\w+)"/.exec(line)?.[1] ?? []);
  };

  for (const { title, before, after, lenient } of cases) {
    it(`${lenient.length === 0 ? 'allows' : 'refuses'} what STRICT refuses: ${title}`, () => {
      expect(rules(before, after, 'LENIENT')).to.deep.equal(lenient);
      expect(rules(before, after, 'STRICT')).not.to.deep.equal([]);
      expect(rules(before, after, 'LOGICAL')).to.deep.equal(rules(before, after, 'STRICT'));
    });
  }
});
