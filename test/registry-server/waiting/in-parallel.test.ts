import { expect } from 'chai';
import { inParallel } from '../../../registry-server/waiting/in-parallel.ts';

describe('work on many in parallel', () => {
  it('reaches all of them, and has so many under way at most', async () => {
    let underWay = 0;
    let most = 0;
    const done: number[] = [];
    await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
      underWay += 1;
      most = Math.max(most, underWay);
      // The later ones are over sooner.
      for (let turns = 10 - item; turns > 0; turns -= 1) await Promise.resolve();
      underWay -= 1;
      done.push(item);
    });
    expect(done.toSorted()).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(most).to.equal(3);
  });

  it('begins nothing new after a failure, and fails once what is under way has ended', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const begun: number[] = [];
    let hasFailed = false;
    const failing = inParallel([1, 2, 3, 4], 2, async (item) => {
      begun.push(item);
      if (item === 1) throw new Error('the first');
      await promise;
    }).catch((error: Error) => {
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
