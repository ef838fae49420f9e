import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { saidBy } from '../build/go-tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:workflows` */
describe('the workflows', function () {
  this.timeout(15 * 60_000); // The first build.

  it('are ones that actionlint has nothing to say to', () => {
    const tool = { command: 'github.com/rhysd/actionlint/cmd/actionlint', version: 'v1.7.12' };
    expect(saidBy(tool, ['-no-color'], root)).to.equal('');
  });
});
