import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

const log = new URL('../../operator/log.ts', import.meta.url).href;

describe('a log line of the operator', () => {
  it('has no more than 4,096 bytes of a text in it, of a field as of an error', () => {
    const program = `
      import { openLog } from '${log}';
      const long = '秘'.repeat(200_000);
      openLog('info').warn('refused', { message: long, code: 7 });
      openLog('info').warn('failed', { error: new Error(long, { cause: new Error(long) }) });`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    const [refused = '', failed = ''] = stdout.trim().split('\n');
    expect(JSON.parse(refused)).to.deep.include({ level: 'warn', msg: 'refused', code: 7 });
    expect(Buffer.byteLength(refused)).to.be.within(4_000, 4_400);
    expect(JSON.parse(failed).error.message).to.match(/^秘.*\.\.\.$/);
    expect(Buffer.byteLength(failed)).to.be.below(9_000);
  });
});
