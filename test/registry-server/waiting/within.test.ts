import { expect } from 'chai';
import { within } from '../../../registry-server/waiting/within.ts';

describe('work that has so long and no longer', () => {
  const never = new Promise<never>(() => {});

  it('is what it comes to', async () => {
    expect(await within(Promise.resolve('done'), 60_000, () => 'late')).to.equal('done');
  });

  it('fails as it fails', async () => {
    const said = await within(Promise.reject(new Error('broken')), 60_000, () => 'late').catch(String);
    expect(said).to.equal('Error: broken');
  });

  it('is what is said of late work', async () => {
    expect(await within(never, 1, () => 'late')).to.equal('late');
    expect(await within(never, -5, () => 'late')).to.equal('late');
  });

  it('fails where late work is a failure', async () => {
    const tooLate = () => {
      throw new Error('too late');
    };
    expect(await within(never, 1, tooLate).catch(String)).to.equal('Error: too late');
  });
});
