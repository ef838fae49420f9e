import { expect } from 'chai';
import { backOffMs } from '../../../registry-server/waiting/back-off.ts';

describe('the wait before another try', () => {
  const most = (failures: number) => backOffMs(failures, { firstMs: 100, longestMs: 1_000 }, () => 1);
  const least = (failures: number) => backOffMs(failures, { firstMs: 100, longestMs: 1_000 }, () => 0);

  it('doubles with each failure, up to the longest', () => {
    expect([0, 1, 2, 3, 4, 5000].map(most)).to.deep.equal([100, 200, 400, 800, 1_000, 1_000]);
  });

  it('is never less than half of that', () => {
    expect([0, 1, 2, 3, 4, 5000].map(least)).to.deep.equal([50, 100, 200, 400, 500, 500]);
  });
});
