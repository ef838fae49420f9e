import { Ajv } from 'ajv';
import { expect } from 'chai';
import { jsonSchema } from '../../../registry-server/schema-types/json-schema.ts';

/** A later schema that is called compatible must take every document that the earlier one took. */
describe('JSON Schema verdicts against real documents', () => {
  const ajv = new Ajv({ strict: false, useDefaults: true });
  const mutations: readonly ((property: Property) => Property)[] = [
    (property) => property,
    (property) => ({ ...property, maxLength: 2 }),
    (property) => ({ ...property, minimum: 1 }),
    (property) => ({ ...property, type: 'number' }),
    (property) => ({ ...property, type: ['string', 'integer'] }),
    (property) => ({ ...property, enum: ['a', 1] }),
    (property) => ({ anyOf: [property, { type: 'null' }] }),
    (property) => ({ type: 'array', items: property }),
  ];
  const bases: readonly Property[] = [
    { type: 'string' },
    { type: 'integer' },
    { type: 'string', maxLength: 4 },
  ];
  const properties = bases.flatMap((base) => mutations.map((mutate) => mutate(base)));
  const values = ['', 'a', 'abc', 'abcdef', 0, 1, 7, 1.5, null, [], ['a'], [1], {}, true];
  const models = [undefined, false, { type: 'string' }, { type: 'number' }];

  for (const additionalProperties of models) {
    it(`holds with additionalProperties ${JSON.stringify(additionalProperties)}`, () => {
      let compatible = 0;
      const schemas = [
        ...properties.map((p) => ({ type: 'object', properties: { p }, additionalProperties })),
        ...properties.map((p) => ({
          type: 'object',
          properties: { p, q: {} },
          required: ['p'],
          additionalProperties,
        })),
        { type: 'object', additionalProperties },
      ].map((schema) => JSON.parse(JSON.stringify(schema)) as Property);
      const built = schemas.map((schema) => ({
        schema,
        parsed: jsonSchema.parse(JSON.stringify(schema), []),
        takes: ajv.compile(schema),
      }));
      const documents = values.flatMap((value) => [{ p: value }, { q: value }, { p: value, q: 'x' }]);
      for (const before of built) {
        const written = documents.filter((document) => before.takes(document));
        for (const after of built) {
          if (jsonSchema.incompatibilities(after.parsed, before.parsed).length > 0) continue;
          compatible++;
          for (const document of written) {
            const words = JSON.stringify({ before: before.schema, after: after.schema, document });
            expect(after.takes(structuredClone(document)), words).to.equal(true);
          }
        }
      }
      expect(compatible).to.be.above(schemas.length);
    });
  }
});

type Property = Record<string, unknown>;
