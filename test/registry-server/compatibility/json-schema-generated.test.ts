import { Ajv } from 'ajv';
import { expect } from 'chai';
import { jsonSchema } from '../../../registry-server/schema-types/json-schema.ts';
import { aDocument, aJsonSchema, changedJsonSchema, type JsonAny } from '../../build/generate/json-schema.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(800);

const parse = (schema: JsonAny) => jsonSchema.parse(JSON.stringify(schema), []);

const random = seeded();

describe(`generated JSON Schemas, TEST_SEED=${random.seed}`, function () {
  this.timeout(60_000 + ROUNDS * 50);
  const told = (words: object) => `TEST_SEED=${random.seed} ${JSON.stringify(words)}`;
  const ajv = new Ajv({ strict: false });

  it('take what they took, in both texts', () => {
    for (let round = 0; round < ROUNDS / 3; round++) {
      const schema = aJsonSchema(random);
      const parsed = parse(schema);
      for (const text of [parsed.canonical(), parsed.normalized()]) {
        const again = jsonSchema.parse(text, []);
        expect(jsonSchema.incompatibilities(again, parsed), told({ schema, text })).to.deep.equal([]);
        expect(jsonSchema.incompatibilities(parsed, again), told({ schema, text })).to.deep.equal([]);
      }
      expect(jsonSchema.parse(parsed.normalized(), []).normalized()).to.equal(parsed.normalized());
    }
  });

  it('that are compatible take every document that the earlier one took', () => {
    const counts = { compatible: 0, documents: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const before = aJsonSchema(random);
      const after = changedJsonSchema(random, before);
      if (jsonSchema.incompatibilities(parse(after), parse(before)).length > 0) continue;
      counts.compatible++;
      const [writes, reads] = [ajv.compile(before), ajv.compile(after)];
      for (let count = 0; count < 20; count++) {
        const document = aDocument(random, before);
        if (!writes(document)) continue;
        counts.documents++;
        expect(reads(document), told({ before, after, document })).to.equal(true);
      }
      for (const schema of [before, after]) if (typeof schema === 'object') ajv.removeSchema(schema);
    }
    expect(counts.compatible).to.be.above(ROUNDS / 10);
    expect(counts.documents).to.be.above(ROUNDS);
  });
});
