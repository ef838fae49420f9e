import { expect } from 'chai';
import { avro } from '../../../registry-server/schema-types/avro.ts';
import type { AvroJson } from '../../build/generate/avro.ts';
import {
  type AvroFamily,
  aDatum,
  aRecursiveAvroPair,
  printFamily,
  type RecursiveAvroPair,
  takesDatum,
  unrolledFamily,
} from '../../build/generate/recursive-avro.ts';
import { roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(800);
const MAX_RECORDS = 1_500;

const isRead = (before: AvroJson, after: AvroJson): boolean => {
  const [writer, reader] = [before, after].map((schema) => avro.parse(JSON.stringify(schema), []));
  return avro.incompatibilities(reader as never, writer as never).length === 0;
};

/** Whether one is read as the other at every depth that can be unrolled, without any memory of pairs; and if that was all. */
function isReadUnrolled({ before, after }: RecursiveAvroPair): {
  readonly isRead: boolean;
  readonly isAll: boolean;
} {
  const count = ({ records }: AvroFamily) => Object.keys(records).length;
  // A pair that is not read shows it before every pair of records has come up once.
  for (let depth = 1; depth <= count(before) * count(after) + 1; depth++) {
    const [writer, reader] = [before, after].map((family) => unrolledFamily(family, depth, MAX_RECORDS));
    if (writer === undefined || reader === undefined) return { isRead: true, isAll: false };
    if (!isRead(writer, reader)) return { isRead: false, isAll: true };
  }
  return { isRead: true, isAll: true };
}

const random = seeded();

describe(`recursive Avro schemas with unions, TEST_SEED=${random.seed}`, function () {
  this.timeout(60_000 + ROUNDS * 50);
  const told = ({ before, after }: RecursiveAvroPair, datum?: AvroJson) =>
    `TEST_SEED=${random.seed} ${JSON.stringify([printFamily(before), printFamily(after), datum])}`;

  it('get the verdict of their unrolled copies', () => {
    const counts = { compatible: 0, broken: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const pair = aRecursiveAvroPair(random);
      const verdict = isRead(printFamily(pair.before), printFamily(pair.after));
      const plain = isReadUnrolled(pair);
      if (verdict) expect(plain.isRead, told(pair)).to.equal(true);
      else if (plain.isAll) expect(plain.isRead, told(pair)).to.equal(false);
      if (plain.isAll) counts[verdict ? 'compatible' : 'broken']++;
    }
    expect(Math.min(counts.compatible, counts.broken)).to.be.above(ROUNDS / 20);
  });

  it('that are compatible take every datum that was written', () => {
    let data = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const pair = aRecursiveAvroPair(random);
      if (!isRead(printFamily(pair.before), printFamily(pair.after))) continue;
      for (let count = 0; count < 10; count++, data++) {
        const datum = aDatum(random, pair.before);
        expect(takesDatum(pair.after, pair.before, datum), told(pair, datum)).to.equal(true);
      }
    }
    expect(data).to.be.above(ROUNDS / 2);
  });
});
