import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse, stringify } from 'yaml';

const folder = fileURLToPath(new URL('../../../registry-server/grpc/', import.meta.url));
const buf = createRequire(import.meta.url).resolve('@bufbuild/buf/bin/buf');

describe('registry.proto', () => {
  it('has nothing that buf minds but what is left for a reason', () => {
    expect(found('buf.yaml')).to.deep.equal([]);
  });

  it('has a case of everything that is left', () => {
    const { lint, ...rest } = parse(readFileSync(`${folder}buf.yaml`, 'utf8'));
    const { except, ...strict } = lint;
    const minded = found(stringify({ ...rest, lint: strict })).map(({ type }) => type);
    expect([...new Set(minded)].toSorted()).to.deep.equal(except.toSorted());
  });

  it('is formatted as buf formats', () => {
    expect(run(['format', '--diff', 'registry.proto'])).to.equal('');
  });
});

function found(config: string): readonly { readonly type: string; readonly message: string }[] {
  const lines = run(['lint', '--config', config, '--error-format', 'json']).trim();
  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line));
}

/** What it prints; it ends with 100 where it minds something. */
function run(args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [buf, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0 && status !== 100) throw new Error(`buf ${args.join(' ')}: ${stderr}`);
  return stdout;
}
