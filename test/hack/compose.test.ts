import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { completeEnvironment } from '../../hack/compose/complete-environment.ts';

const root = join(import.meta.dirname, '..', '..');
const valueIn = (text: string, name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];

describe('completing .env', () => {
  it('gives each secret a value of its own that is never the same again', () => {
    const [first, second] = [completeEnvironment(''), completeEnvironment('')];
    const values = first.added.map((name) => valueIn(first.text, name));
    expect(values).to.have.length.above(5);
    expect(new Set(values).size).to.equal(values.length);
    for (const name of first.added)
      expect(valueIn(second.text, name)).not.to.equal(valueIn(first.text, name));
  });

  it('makes passwords of at least 190 bits that need no quoting', () => {
    const { text, added } = completeEnvironment('');
    for (const name of added.filter((each) => !each.endsWith('_ID')))
      expect(valueIn(text, name)).to.match(/^[\w-]{32,}$/);
  });

  it('changes nothing where all is there', () => {
    const { text } = completeEnvironment('');
    expect(completeEnvironment(text)).to.deep.equal({ text, added: [] });
  });

  for (const { title, given, isKept } of [
    { title: 'a value', given: 'REDIS_PASSWORD=mine', isKept: true },
    { title: 'a value in quotes', given: 'REDIS_PASSWORD="mine and more"', isKept: true },
    { title: 'an exported value', given: 'export REDIS_PASSWORD=mine', isKept: true },
    { title: 'a value after spaces', given: '  REDIS_PASSWORD = mine', isKept: true },
    { title: 'nothing', given: 'REDIS_PASSWORD=', isKept: false },
    { title: 'an empty text', given: 'REDIS_PASSWORD=""', isKept: false },
    { title: 'a comment', given: 'REDIS_PASSWORD= # later', isKept: false },
    { title: 'a line that is commented out', given: '# REDIS_PASSWORD=mine', isKept: false },
    { title: 'a longer name', given: 'REDIS_PASSWORD_FILE=mine', isKept: false },
  ]) {
    it(`${isKept ? 'keeps' : 'fills in'} ${title}`, () => {
      const { text, added } = completeEnvironment(given);
      expect(text.startsWith(`${given}\n`)).to.equal(true);
      expect(added.includes('REDIS_PASSWORD')).to.equal(!isKept);
    });
  }

  it('turns the monitoring on where that is wanted', () => {
    expect(completeEnvironment('').text).not.to.contain('COMPOSE_PROFILES');
    const { text } = completeEnvironment('', { isMonitored: true });
    expect(valueIn(text, 'COMPOSE_PROFILES')).to.equal('monitoring');
    expect(valueIn(text, 'OTEL_EXPORTER_OTLP_ENDPOINT')).to.equal('http://jaeger:4318');
  });
});

describe('npm run compose:env', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'compose-env-'));
    cpSync(join(root, 'hack', 'compose'), join(folder, 'hack', 'compose'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = () => join(folder, '.env');
  const ask = (...args: string[]) =>
    execFileSync(process.execPath, [join(folder, 'hack', 'compose', 'main.ts'), ...args], {
      encoding: 'utf8',
      stdio: 'pipe',
    });

  it('writes a file that only its owner can read, says no secret, and leaves nothing beside it', () => {
    const said = ask();
    const text = readFileSync(file(), 'utf8');
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
    for (const name of completeEnvironment('').added) {
      expect(said).to.contain(name);
      expect(said).not.to.contain(valueIn(text, name));
    }
    expect(readdirSync(folder).sort()).to.deep.equal(['.env', 'hack', 'package.json']);
  });

  it('changes no password the second time, and closes a file that others could read', () => {
    ask();
    const before = readFileSync(file(), 'utf8');
    chmodSync(file(), 0o644);
    expect(ask()).to.contain('nothing was changed');
    expect(readFileSync(file(), 'utf8')).to.equal(before);
    expect(statSync(file()).mode & 0o777).to.equal(0o600);
  });

  it('writes where a link leads to', () => {
    writeFileSync(join(folder, 'elsewhere'), 'LOG_LEVEL=debug\n');
    symlinkSync('elsewhere', file());
    ask('--monitoring');
    expect(lstatSync(file()).isSymbolicLink()).to.equal(true);
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).to.match(/^LOG_LEVEL=debug\nPOSTGRES_PASSWORD=/);
  });

  it('refuses what it does not understand, and writes nothing', () => {
    expect(() => ask('--force')).to.throw(/"--force" is not understood/);
    expect(readdirSync(folder)).not.to.include('.env');
  });
});
