import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { findGoTool } from '../build/go-tool.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** `npm run test:workflows` */
describe('the workflows', function () {
  this.timeout(15 * 60_000); // The first build.

  it('are ones that actionlint has nothing to say to', () => {
    const tool = findGoTool({ command: 'github.com/rhysd/actionlint/cmd/actionlint', version: 'v1.7.12' });
    if ('reason' in tool) throw new Error(tool.reason);
    const said = (() => {
      try {
        return execFileSync(tool.program, ['-no-color'], { cwd: root, encoding: 'utf8', stdio: 'pipe' });
      } catch (error) {
        return String((error as { stdout?: string }).stdout || error);
      }
    })();
    expect(said).to.equal('');
  });
});
