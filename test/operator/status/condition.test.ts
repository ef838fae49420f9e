import { expect } from 'chai';
import { chain, type Judge, judging } from '../../../operator/status/condition.ts';
import { anObserved, aRegistry } from '../../build/registry.ts';

describe('findings of one run', () => {
  const find = () => judging(aRegistry(), anObserved());

  it('are worked out once, however many ask for them', () => {
    let times = 0;
    const costly: Judge<string> = () => {
      times += 1;
      return 'found';
    };
    const asking: Judge<string> = (_registry, _observed, other) => other(costly) + other(costly);
    const one = find();
    expect([one(asking), one(costly)]).to.deep.equal(['foundfound', 'found']);
    expect(times).to.equal(1);
    find()(costly);
    expect(times).to.equal(2);
  });

  it('are the first cause of a chain that holds, and its last word where none does', () => {
    const never: Judge<string | undefined> = () => undefined;
    const none = () => 'none';
    expect(find()(chain([never, () => 'first', () => 'second'], none))).to.equal('first');
    expect(find()(chain([never], none))).to.equal('none');
  });
});
