import { expect } from 'chai';
import { Idleness } from '../../registry-server/idle-memory.ts';

describe('memory that a load has taken', () => {
  it('is given back once it is over, and not again before there is another', () => {
    const idleness = new Idleness(0.5);
    const seen: boolean[] = [];
    let used = 0.5;
    for (const worked of [0.1, 9, 7, 0.2, 0.1, 0.1, 3, 0.1]) {
      used += worked;
      const isDue = idleness.isDue(used, 15);
      if (isDue) {
        used += 0.2;
        idleness.collected(used);
      }
      seen.push(isDue);
    }
    expect(seen).to.deep.equal([false, false, false, true, false, false, false, true]);
  });

  it('is kept where nothing but probes came', () => {
    const idleness = new Idleness();
    const seen = Array.from({ length: 4 }, (_, i) => idleness.isDue(0.2 * i, 15));
    expect(seen).to.deep.equal([false, false, false, false]);
  });

  it('is kept by a server that works a little all the time', () => {
    const idleness = new Idleness();
    const seen = Array.from({ length: 100 }, (_, i) => idleness.isDue(0.5 * i, 15));
    expect(seen).not.to.include(true);
  });
});
