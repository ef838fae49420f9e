import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { run } from '../../hack/cluster/run.ts';
import { commandPackage, packCommand } from '../../hack/release/pack-command.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { runProcess } from '../build/command.ts';
import { startServer, type TestServer } from '../build/server.ts';

/** Not part of `npm test`: packages are fetched. */
describe('the package of the registry command', function () {
  this.timeout(300_000);
  let folder: string;
  let archive: string;
  let server: TestServer;
  const registry = (...args: string[]) =>
    runProcess(join(folder, 'node_modules', '.bin', 'registry'), args, {
      folder,
      env: {
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        SCHEMA_REGISTRY_URL: server.url,
        XDG_CONFIG_HOME: folder,
        XDG_CACHE_HOME: folder,
      },
    });

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'command-'));
    archive = await packCommand(packageJson.version, folder);
    writeFileSync(join(folder, 'package.json'), '{"private": true}');
    // The other one has the JSON Schema of SARIF with it, and an Ajv that reads the draft that it is in.
    await run('npm', ['install', '--no-audit', '--no-fund', archive, '@microsoft/jest-sarif@1.0.0-beta.0'], {
      cwd: folder,
    });
    server = await startServer();
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has the same bytes each time, and nothing but the command', async () => {
    const again = await packCommand(packageJson.version, join(folder, 'again'));
    expect(readFileSync(again).equals(readFileSync(archive))).to.equal(true);
    const files = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n');
    expect(files).to.include('package/registry-server/cli/main.js').and.to.include('package/LICENSE');
    for (const file of files)
      expect(file).to.match(
        /^package\/(package\.json|README\.md|LICENSE|registry-server\/version\.js|registry-server\/cli\/.*\.js)$/,
      );
    const installed = readdirSync(
      join(folder, 'node_modules', commandPackage, 'registry-server', 'cli', 'verbs'),
    );
    const sources = readdirSync(join(import.meta.dirname, '..', '..', 'registry-server', 'cli', 'verbs'));
    expect(installed).to.have.members(sources.map((name) => name.replace(/\.ts$/, '.js')));
  });

  it('runs where it was installed', async () => {
    const help = await registry('--help');
    expect([help.code, help.err]).to.deep.equal([0, '']);
    expect(help.out).to.include('publish [options] [files...]');
    const version = await registry('version', '-o', 'json');
    expect(JSON.parse(version.out)).to.deep.include({
      client: packageJson.version,
      server: packageJson.version,
    });
    writeFileSync(join(folder, 'order.avsc'), '"string"');
    expect((await registry('publish', 'orders=order.avsc')).code).to.equal(0);
    expect((await registry('pull', 'orders')).code).to.equal(0);
    expect((await registry('verify')).code).to.equal(0);
    expect((await registry('get', 'nowhere')).code).to.equal(2);
  });

  it('writes SARIF by the schema of SARIF, and XML that is XML', async () => {
    mkdirSync(join(folder, 'my schemas'), { recursive: true });
    writeFileSync(join(folder, 'my schemas', 'bad<&".avsc'), '{"type": "recordé\\u0001"}');
    const words = ['check', 'orders=order.avsc', 'bad<&"\u0001=my schemas/bad<&".avsc'];
    const sarif = await registry(...words, '--format', 'sarif');
    expect(sarif.code).to.equal(1);
    writeFileSync(join(folder, 'check.sarif'), sarif.out);
    const judge = `
      const Ajv = require('ajv');
      const ajv = new Ajv({ schemaId: 'auto', unknownFormats: 'ignore' });
      ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
      const isLog = ajv.compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));
      const log = JSON.parse(require('node:fs').readFileSync('check.sarif', 'utf8'));
      // That one names its schema by where it was found then.
      if (!isLog(log) || log.runs[0].results.length !== 1) throw new Error(JSON.stringify(isLog.errors));
      if (isLog({ ...log, runs: 1 })) throw new Error('it judges nothing');`;
    execFileSync(process.execPath, ['-e', judge], { cwd: folder, stdio: 'pipe' });
    const junit = await registry(...words, '--format', 'junit');
    const count =
      'import sys, xml.etree.ElementTree as t; print(len(t.fromstring(sys.stdin.buffer.read()).findall(".//testcase/failure")))';
    expect(execFileSync('python3', ['-c', count], { input: junit.out, encoding: 'utf8' }).trim()).to.equal(
      '1',
    );
  });
});
