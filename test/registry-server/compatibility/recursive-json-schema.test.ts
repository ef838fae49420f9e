import { Ajv } from 'ajv';
import { expect } from 'chai';
import { jsonSchema } from '../../../registry-server/schema-types/json-schema.ts';
import type { JsonAny } from '../../build/generate/json-schema.ts';
import { aRecursiveDocument, aRecursivePair, unrolled } from '../../build/generate/recursive-json-schema.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(400);
const MAX_NODES = 3_000;

const fits = (before: JsonAny, after: JsonAny): boolean => {
  const [writer, reader] = [before, after].map((schema) => jsonSchema.parse(JSON.stringify(schema), []));
  return jsonSchema.incompatibilities(reader as never, writer as never).length === 0;
};

/** Whether the schemas fit at every depth that can be unrolled, without any memory of pairs; and whether that was all. */
function fitUnrolled(before: JsonAny, after: JsonAny): { readonly fits: boolean; readonly isAll: boolean } {
  // A pair that does not fit shows it before every pair of definitions has come up once.
  const pairs = Object.keys(before.definitions).length * Object.keys(after.definitions).length;
  for (let depth = 1; depth <= pairs + 1; depth++) {
    const earlier = unrolled(before, depth, false, MAX_NODES);
    const later = unrolled(after, depth, {}, MAX_NODES);
    if (earlier === undefined || later === undefined) return { fits: true, isAll: false };
    if (!fits(earlier, later)) return { fits: false, isAll: true };
  }
  return { fits: true, isAll: true };
}

const random = seeded();

describe(`recursive JSON Schemas with choices, TEST_SEED=${random.seed}`, function () {
  this.timeout(10_000 + ROUNDS * 50);
  const told = (words: object) => `TEST_SEED=${random.seed} ${JSON.stringify(words)}`;

  it('get the verdict of their unrolled copies', () => {
    const counts = { compatible: 0, broken: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const pair = aRecursivePair(random, { hasOneOf: true });
      const verdict = fits(pair.before, pair.after);
      const plain = fitUnrolled(pair.before, pair.after);
      if (verdict) expect(plain.fits, told(pair)).to.equal(true);
      else if (plain.isAll) expect(plain.fits, told(pair)).to.equal(false);
      if (plain.isAll) counts[verdict ? 'compatible' : 'broken']++;
    }
    expect(Math.min(counts.compatible, counts.broken)).to.be.above(ROUNDS / 20);
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
