import { Ajv } from 'ajv';
import { expect } from 'chai';
import { jsonSchema } from '../../../registry-server/schema-types/json-schema.ts';
import type { JsonAny } from '../../build/generate/json-schema.ts';
import { aRecursiveDocument, aRecursivePair, unrolled } from '../../build/generate/recursive-json-schema.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(400);
const MAX_NODES = 3_000;
const MAX_DEPTH = 9;

const fits = (before: JsonAny, after: JsonAny): boolean => {
  const [writer, reader] = [before, after].map((schema) => jsonSchema.parse(JSON.stringify(schema), []));
  return jsonSchema.incompatibilities(reader as never, writer as never).length === 0;
};

/** Whether the schemas fit at every depth that can be unrolled, without any memory of pairs. */
function fitUnrolled(before: JsonAny, after: JsonAny): boolean {
  for (let depth = 1; depth <= MAX_DEPTH; depth++) {
    const earlier = unrolled(before, depth, false, MAX_NODES);
    const later = unrolled(after, depth, {}, MAX_NODES);
    if (earlier === undefined || later === undefined) return true;
    if (!fits(earlier, later)) return false;
  }
  return true;
}

const random = seeded();

describe(`recursive JSON Schemas with choices, TEST_SEED=${random.seed}`, function () {
  this.timeout(60_000 + ROUNDS * 50);
  const told = (words: object) => `TEST_SEED=${random.seed} ${JSON.stringify(words)}`;

  it('get the verdict of their unrolled copies', () => {
    const counts = { compatible: 0, broken: 0, brokenTooDeep: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const pair = aRecursivePair(random, { hasOneOf: true });
      const plain = fitUnrolled(pair.before, pair.after);
      if (fits(pair.before, pair.after)) {
        expect(plain, told(pair)).to.equal(true);
        counts.compatible++;
      } else counts[plain ? 'brokenTooDeep' : 'broken']++;
    }
    expect(Math.min(counts.compatible, counts.broken)).to.be.above(ROUNDS / 20);
    // What breaks only below many definitions is not reached: that must stay the exception.
    expect(counts.brokenTooDeep).to.be.below(counts.broken / 10);
  });

  it('that are compatible take every document that the earlier one took', () => {
    const ajv = new Ajv({ strict: false });
    const counts = { compatible: 0, documents: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const { before, after } = aRecursivePair(random, { hasOneOf: false });
      if (!fits(before, after)) continue;
      counts.compatible++;
      const [writes, reads] = [ajv.compile(before), ajv.compile(after)];
      for (let count = 0; count < 20; count++) {
        const document = aRecursiveDocument(random, before);
        if (!writes(document)) continue;
        counts.documents++;
        expect(reads(document), told({ before, after, document })).to.equal(true);
      }
      for (const schema of [before, after]) ajv.removeSchema(schema);
    }
    expect(counts.compatible).to.be.above(ROUNDS / 20);
    expect(counts.documents).to.be.above(ROUNDS / 2);
  });
});
