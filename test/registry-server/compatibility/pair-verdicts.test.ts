import { expect } from 'chai';
import { PairVerdicts } from '../../../registry-server/compatibility/pair-verdicts.ts';
import { chance, pick, type Random, roundsOr, seeded } from '../../build/random.ts';

const ROUNDS = roundsOr(3_000);

/** What a pair demands of others: all of some, or a number of them, as choices do. */
interface Demand {
  readonly others: readonly number[];
  readonly atLeast: number;
}
type System = readonly (readonly Demand[])[];

const aSystem = (random: Random): System => {
  const size = 1 + random.below(12);
  const indexes = Array.from({ length: size }, (_, index) => index);
  return indexes.map(() => {
    if (chance(random, 8)) return [{ others: [], atLeast: 1 }];
    return Array.from({ length: random.below(4) }, () => {
      const others = Array.from({ length: 1 + random.below(3) }, () => pick(random, indexes));
      return { others, atLeast: 1 + random.below(others.length) };
    });
  });
};

const areMet = (demands: readonly Demand[], holds: (index: number) => boolean): boolean =>
  demands.every(({ others, atLeast }) => {
    let met = 0;
    return others.some((other) => holds(other) && ++met >= atLeast) || met >= atLeast;
  });

/** The greatest fixed point by the book: all hold, until no demand is found unmet any more. */
function greatestFixedPoint(system: System): readonly boolean[] {
  let holds = system.map(() => true);
  for (;;) {
    const next = system.map((demands) => areMet(demands, (index) => holds[index] === true));
    if (next.every((value, index) => value === holds[index])) return holds;
    holds = next;
  }
}

describe('PairVerdicts', () => {
  const random = seeded();

  it('gives the greatest fixed point, whichever pair is asked for first', () => {
    const counts = { held: 0, failed: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const system = aSystem(random);
      const right = greatestFixedPoint(system);
      const types = system.map((_, index) => ({ index }));
      const second = {};
      const verdicts: PairVerdicts<object> = new PairVerdicts((first) => {
        const demands = system[(first as { index: number }).index] ?? [];
        return areMet(demands, (index) => verdicts.holds(types[index] as object, second));
      });
      const order = types.toSorted(() => (chance(random, 2) ? 1 : -1));
      for (const type of order) {
        const holds = verdicts.holds(type, second);
        const words = `TEST_SEED=${random.seed} ${JSON.stringify({ system, order, asked: type })}`;
        expect(holds, words).to.equal(right[type.index]);
        counts[holds ? 'held' : 'failed']++;
      }
    }
    expect(Math.min(counts.held, counts.failed)).to.be.above(ROUNDS);
  });

  it('judges what failed never again, and what holds only when it leaned on what failed', () => {
    // A ring of types of which the last fails: each is judged once on the way there and once more on the way back.
    const ring = Array.from({ length: 1_000 }, (_, index) => ({ index }));
    let judged = 0;
    const verdicts: PairVerdicts<object> = new PairVerdicts((first, second) => {
      judged++;
      const { index } = first as { index: number };
      const next = verdicts.holds(ring[(index + 1) % ring.length] as object, second);
      return next && index !== ring.length - 1;
    });
    for (const type of ring) expect(verdicts.holds(type, ring)).to.equal(false);
    expect(judged).to.be.at.most(2 * ring.length);
  });
});
