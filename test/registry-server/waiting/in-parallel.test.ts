import { expect } from 'chai';
import { inParallel } from '../../../registry-server/waiting/in-parallel.ts';

describe('work on many in parallel', () => {
  it('gives what came of each in their order, and has so many under way at most', async () => {
    let underWay = 0;
    let most = 0;
    const done: number[] = [];
    const work = async (item: number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      // The later ones are over sooner.
      for (let turns = 10 - item; turns > 0; turns -= 1) await Promise.resolve();
      underWay -= 1;
      return item * 2;
    };
    const results = await inParallel([1, 2, 3, 4, 5, 6, 7], 3, work, (count) => done.push(count));
    expect(results).to.deep.equal([2, 4, 6, 8, 10, 12, 14]);
    expect(most).to.equal(3);
    expect(done).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
  });

  it('begins nothing new after a failure, and fails once what is under way has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun: number[] = [];
    const working = inParallel([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('the first');
      await promise;
    });
    let hasFailed = false;
    const failing = working.catch((error: Error) => {
      hasFailed = true;
      return error.message;
    });
    await new Promise((turn) => setImmediate(turn));
    expect(hasFailed).to.equal(false);
    resolve();
    expect(await failing).to.equal('the first');
    expect(begun).to.deep.equal([1, 2]);
  });
});
