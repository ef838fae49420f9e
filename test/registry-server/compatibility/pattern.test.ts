import { expect } from 'chai';
import { fitsPattern } from '../../../registry-server/compatibility/json-schema/pattern.ts';

describe('fitsPattern', () => {
  for (const { pattern, name, fits } of [
    { pattern: '^x-', name: 'x-a', fits: true },
    { pattern: '^x-', name: 'a', fits: false },
    { pattern: 'b', name: 'abc', fits: true },
    { pattern: '^[a-z]+_[0-9]+$', name: 'a_1', fits: true },
    { pattern: '^[a-z]+_[0-9]+$', name: 'a_', fits: false },
    { pattern: '^\\p{L}+$', name: 'é', fits: true },
    // Valid only without Unicode mode.
    { pattern: '^a\\-b$', name: 'a-b', fits: true },
    { pattern: '(', name: '(', fits: false },
  ]) {
    it(`${fits ? 'fits' : 'does not fit'} ${pattern} to ${name}`, () => {
      expect(fitsPattern(pattern, name)).to.equal(fits);
    });
  }

  it('gives up on a pattern that would take for ever', () => {
    const started = performance.now();
    expect(fitsPattern('^(a+)+$', `${'a'.repeat(50)}!`)).to.equal(false);
    expect(performance.now() - started).to.be.below(1000);
  });
});
