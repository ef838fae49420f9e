import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { run } from '../../hack/cluster/run.ts';
import { publish } from '../../hack/release/publish.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const token = 'token-of-a-test';

describe('publishing a release', () => {
  let folder: string;
  let server: Server;
  let asked: { method?: string; path?: string; body: string; token?: string }[];
  /** What is answered 500. */
  let failing: RegExp | undefined;
  let executed: string[][];
  let auths: { mode: number; text: string }[];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'release-'));
    asked = [];
    executed = [];
    auths = [];
    failing = undefined;
    server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { method, url: path, headers } = request;
      asked.push({ method, path, body: Buffer.concat(chunks).toString(), token: headers.authorization });
      const isFailing = failing?.test(`${method} ${path}`) ?? false;
      response.writeHead(isFailing ? 500 : 201, { 'content-type': 'application/json' });
      response.end(
        isFailing
          ? 'no'
          : JSON.stringify({ url: `${url()}/draft`, upload_url: `${url()}/files{?name,label}` }),
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    write(
      'images.txt',
      ['operator', 'schema-registry'].map((name) => `ghcr.io/x/${name}:1.2.3@${digest}\n`).join(''),
    );
    write('notes.md', '### Added\n');
    write('operator-1.2.3.oci.tar', 'an image');
    write('install.yaml', 'kind: List');
  });
  afterEach(async () => {
    rmSync(folder, { recursive: true });
    server.close();
    await once(server, 'close');
  });

  const url = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
  const execute: typeof run = async (command, args) => {
    executed.push([command, ...args]);
    const authFile = args[args.indexOf('--authfile') + 1];
    if (args.includes('--authfile') && authFile !== undefined)
      auths.push({ mode: statSync(authFile).mode & 0o777, text: readFileSync(authFile, 'utf8') });
    return '';
  };
  const go = (hasIdentity = false) =>
    publish(
      folder,
      { apiUrl: url(), repository: 'x/y', user: 'me', token, hasIdentity },
      () => undefined,
      execute,
    );

  it('uploads every file to a draft, and opens it when all is there', async () => {
    await go();
    expect(asked.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
      'POST /repos/x/y/releases',
      'POST /files?name=images.txt',
      'POST /files?name=install.yaml',
      'POST /files?name=operator-1.2.3.oci.tar',
      'PATCH /draft',
    ]);
    const [first] = asked;
    expect(JSON.parse(first?.body ?? '')).to.deep.equal({
      tag_name: 'v1.2.3',
      name: 'v1.2.3',
      body: '### Added\n',
      draft: true,
      prerelease: false,
    });
    expect(asked.at(-1)?.body).to.equal('{"draft":false}');
    expect(asked[3]?.body).to.equal('an image');
    for (const each of asked) expect(each.token).to.equal(`Bearer ${token}`);
  });

  it('pushes each image under each of its tags, with a password that no process shows', async () => {
    await go();
    expect(executed.map((words) => words.at(-1))).to.deep.equal(
      ['operator', 'schema-registry'].flatMap((name) =>
        ['1.2.3', '1.2', '1', 'latest'].map((tag) => `docker://ghcr.io/x/${name}:${tag}`),
      ),
    );
    expect(executed.flat().join(' ')).not.to.contain(token);
    for (const { mode, text } of auths) {
      expect(mode).to.equal(0o600);
      expect(JSON.parse(text).auths['ghcr.io'].auth).to.equal(Buffer.from(`me:${token}`).toString('base64'));
    }
  });

  it('signs by digest where the workflow has an identity', async () => {
    await go(true);
    expect(executed.filter(([command]) => command === 'cosign').map((words) => words.at(-1))).to.deep.equal([
      `ghcr.io/x/operator@${digest}`,
      `ghcr.io/x/schema-registry@${digest}`,
    ]);
  });

  it('moves no shorter tag for what comes before a release', async () => {
    write('images.txt', `ghcr.io/x/operator:1.2.3-rc.1@${digest}\n`);
    await go();
    expect(executed.map((words) => words.at(-1))).to.deep.equal(['docker://ghcr.io/x/operator:1.2.3-rc.1']);
    expect(JSON.parse(asked[0]?.body ?? '').prerelease).to.equal(true);
  });

  for (const where of [/releases$/, /install\.yaml/]) {
    it(`leaves a draft, and no image, where GitHub refuses ${where}`, async () => {
      failing = where;
      const words = await go().then(
        () => 'it went on',
        (error: Error) => error.message,
      );
      expect(words).to.match(/was answered 500: no$/);
      expect(words).not.to.contain(token);
      expect(executed).to.deep.equal([]);
      expect(asked.map(({ method }) => method)).not.to.include('PATCH');
    });
  }

  it('refuses a folder with images of two versions, and one with none', async () => {
    for (const text of [
      `ghcr.io/x/a:1.0.0@${digest}\nghcr.io/x/b:2.0.0@${digest}\n`,
      '',
      'ghcr.io/x/a:1.0.0\n',
    ]) {
      write('images.txt', text);
      expect(
        await go().then(
          () => '',
          (error: Error) => error.message,
        ),
      ).to.match(/^images\.txt/);
    }
    expect(asked).to.deep.equal([]);
  });
});
