import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { saidBy } from '../build/go-tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:secrets`, in a clone with its history */
describe('the history', function () {
  this.timeout(15 * 60_000); // The first build.

  it('has nothing that gitleaks takes for a secret', () => {
    const tool = { command: 'github.com/zricethezav/gitleaks/v8', version: 'v8.30.1' };
    const args = ['git', '.', '--no-banner', '--no-color', '--redact', '--verbose', '--log-level=error'];
    expect(saidBy(tool, args, root)).to.equal('');
  });
});
