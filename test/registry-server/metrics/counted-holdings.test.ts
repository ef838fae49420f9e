import { expect } from 'chai';
import { countedHoldings } from '../../../registry-server/metrics/counted-holdings.ts';
import type { Holdings } from '../../../registry-server/store/store.ts';

const holding = (live: number): Holdings => ({ subjects: { live, deleted: 0 }, types: [] });

describe('counting what the registry holds', () => {
  let nowMs = 0;
  let counted: PromiseWithResolvers<Holdings>[] = [];
  let canCount = true;
  const open = () =>
    countedHoldings(
      () => {
        const one = Promise.withResolvers<Holdings>();
        counted.push(one);
        return one.promise;
      },
      () => canCount,
      () => nowMs,
    );
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => {
    nowMs = 0;
    counted = [];
    canCount = true;
  });

  it('holds nobody up: who asks is told what was counted last, and a second count waits for the first', async () => {
    const holdings = open();
    expect([holdings.last(), holdings.last()]).to.deep.equal([undefined, undefined]);
    expect(counted).to.have.lengthOf(1);
    counted[0]?.resolve(holding(7));
    await settled();
    expect(holdings.last()).to.deep.equal(holding(7));
    expect(counted).to.have.lengthOf(1);
  });

  for (const { title, tookMs, pauseMs } of [
    { title: 'a quick count is repeated after a minute', tookMs: 5, pauseMs: 60_000 },
    { title: 'a count of two seconds after a thousand', tookMs: 2_000, pauseMs: 1_000_000 },
  ]) {
    it(title, async () => {
      const holdings = open();
      holdings.last();
      nowMs = tookMs;
      counted[0]?.resolve(holding(1));
      await settled();
      nowMs = tookMs + pauseMs - 1;
      holdings.last();
      expect(counted).to.have.lengthOf(1);
      nowMs += 1;
      holdings.last();
      expect(counted).to.have.lengthOf(2);
    });
  }

  it('keeps what was counted while the database is out, and waits before it asks again', async () => {
    const holdings = open();
    holdings.last();
    counted[0]?.resolve(holding(3));
    await settled();
    nowMs = 60_000;
    holdings.last();
    counted[1]?.reject(new Error('out'));
    await settled();
    expect(holdings.last()).to.deep.equal(holding(3));
    expect(counted).to.have.lengthOf(2);
  });

  it('begins when the server serves, and ends with it', () => {
    const holdings = open();
    canCount = false;
    holdings.last();
    canCount = true;
    holdings.close();
    holdings.last();
    expect(counted).to.have.lengthOf(0);
  });
});
