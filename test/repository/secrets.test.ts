import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findGoTool } from '../build/go-tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:secrets`, in a clone with its history */
describe('the history', function () {
  this.timeout(15 * 60_000); // The first build.

  it('has nothing that gitleaks takes for a secret', () => {
    const tool = findGoTool({ command: 'github.com/zricethezav/gitleaks/v8', version: 'v8.30.1' });
    if ('reason' in tool) throw new Error(tool.reason);
    const args = ['git', '.', '--no-banner', '--no-color', '--redact', '--verbose', '--log-level=error'];
    const said = (() => {
      try {
        return execFileSync(tool.program, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        return String((error as { stdout?: string }).stdout || error);
      }
    })();
    expect(said).to.equal('');
  });
});
