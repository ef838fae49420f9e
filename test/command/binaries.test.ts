import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { architectures, ownArchitecture } from '../../hack/images/architecture.ts';
import { packBinaries } from '../../hack/release/pack-binaries.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { runProcess } from '../build/command.ts';
import { startServer, type TestServer } from '../build/server.ts';

/** Not part of `npm test`: Node.js for each processor is fetched and packed. */
describe('the registry command as one program', function () {
  this.timeout(300_000);
  let folder: string;
  let server: TestServer;
  const { version } = packageJson;
  const named = (architecture: string) => `registry-${version}-linux-${architecture}`;
  const unpack = (architecture: string) =>
    execFileSync(
      'tar',
      ['-xzf', `${named(architecture)}.tar.gz`, '--strip-components=1', `${named(architecture)}/registry`],
      { cwd: folder },
    );

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'binaries-'));
    await packBinaries(version, folder, () => {});
    server = await startServer();
    await server.ready;
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is for each processor, with the licences of what is in it', () => {
    // https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html: e_machine
    const machines = { amd64: 62, arm64: 183 };
    for (const architecture of architectures) {
      const archive = join(folder, `${named(architecture)}.tar.gz`);
      const files = execFileSync('tar', ['-tzf', archive], { encoding: 'utf8' }).trim().split('\n');
      const inside = files
        .map((file) => file.slice(named(architecture).length + 1))
        .filter((file) => !/^$|\/$/.test(file));
      expect(inside).to.have.members([
        'registry',
        'LICENSE',
        'licences/node',
        'licences/commander',
        'licences/yaml',
      ]);
      unpack(architecture);
      expect(readFileSync(join(folder, 'registry')).readUInt16LE(18)).to.equal(machines[architecture]);
    }
  });

  it('runs without any Node.js', async () => {
    unpack(ownArchitecture());
    const registry = (...args: string[]) =>
      runProcess(join(folder, 'registry'), args, {
        folder,
        env: { PATH: '/nowhere', SCHEMA_REGISTRY_URL: server.url, XDG_CONFIG_HOME: folder },
      });
    const { code, out, err } = await registry('version', '-o', 'json');
    expect([code, err]).to.deep.equal([0, '']);
    expect(JSON.parse(out)).to.deep.include({ client: version, server: version });
    writeFileSync(join(folder, 'order.avsc'), '"string"');
    expect((await registry('publish', 'orders=order.avsc')).out).to.match(/published +orders/);
    expect((await registry('pull', 'orders')).code).to.equal(0);
    expect((await registry('completion', 'bash')).out).to.include('complete -o default');
    expect((await registry('get', 'nowhere')).code).to.equal(2);
  });
});
