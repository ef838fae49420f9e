import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { isAllowed, parseOrigins } from '../../../registry-server/before-koa/origins.ts';
import { readSettings } from '../../../registry-server/settings.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const app = { Origin: 'https://app.example.com' };
const allowed = ({ headers }: { readonly headers: Headers }) => headers.get('Access-Control-Allow-Origin');

describe('CORS_ORIGINS', () => {
  let server: TestServer;
  before(async () => {
    server = await startServer({ CORS_ORIGINS: 'https://app.example.com' });
    await server.ready;
    await server.ask('POST', '/subjects/answer/versions', { schema: '"string"' });
  });
  after(() => server.stop());

  const paths = { 'a schema': '/schemas/ids/1', 'a list': '/subjects', 'an error': '/schemas/ids/99' };
  for (const [title, path] of Object.entries(paths)) {
    it(`lets a listed origin read ${title}, and its request id, and no other origin`, async () => {
      const reply = await server.get(path, app);
      expect(allowed(reply)).to.equal('https://app.example.com');
      expect(reply.headers.get('Access-Control-Expose-Headers')).to.equal('X-Request-Id');
      expect(reply.headers.get('Vary')).to.contain('Origin');
      const other = await server.get(path, { Origin: 'https://evil.example.com' });
      expect([other.status, allowed(other)]).to.deep.equal([reply.status, null]);
      expect(other.headers.get('Vary')).to.contain('Origin');
    });
  }

  it('answers a preflight with the methods and headers of the API', async () => {
    const asked = { 'Access-Control-Request-Method': 'PUT' };
    const reply = await server.ask('OPTIONS', '/config', undefined, { ...app, ...asked });
    expect([reply.status, allowed(reply)]).to.deep.equal([204, 'https://app.example.com']);
    expect(reply.headers.get('Access-Control-Allow-Methods')).to.equal('GET, POST, PUT, DELETE, OPTIONS');
    expect(reply.headers.get('Access-Control-Allow-Headers')).to.contain('X-API-Key');
  });

  it('lets a browser ask without a key whether it may send one, and read why it is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-keys-'));
    const file = join(folder, 'keys.yaml');
    writeFileSync(file, '[{name: a, role: reader, key: reader-key-0123456789abcdef}]');
    const locked = await startServer({
      CORS_ORIGINS: 'https://app.example.com',
      AUTH_KEYS_FILE: file,
      API_KEY_HEADER: 'X-Team-Key',
    });
    const asked = { 'Access-Control-Request-Method': 'GET' };
    const preflight = await locked.ask('OPTIONS', '/subjects', undefined, { ...app, ...asked });
    const refused = await locked.get('/subjects', app);
    await locked.stop();
    rmSync(folder, { recursive: true });
    expect([preflight.status, allowed(preflight)]).to.deep.equal([204, 'https://app.example.com']);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).to.contain('X-Team-Key');
    expect([refused.status, allowed(refused)]).to.deep.equal([401, 'https://app.example.com']);
  });

  it('says nothing of origins unless it is set', async () => {
    const plain = await startServer();
    const reply = await plain.get('/subjects', app);
    await plain.stop();
    expect([allowed(reply), reply.headers.get('Vary')?.includes('Origin') ?? false]).to.deep.equal([
      null,
      false,
    ]);
  });

  const hosts: readonly [string, string, boolean][] = [
    ['*', 'http://anything:1', true],
    ['https://*.example.com', 'https://a.example.com', true],
    ['https://*.example.com', 'https://a.b.example.com', false],
    ['https://*.example.com', 'https://example.com', false],
    ['https://*.example.com', 'http://a.example.com', false],
    ['https://*.example.com', 'https://evil.com/.example.com', false],
    ['http://localhost:3000', 'http://localhost:3001', false],
  ];
  for (const [listed, asked, isListed] of hosts) {
    it(`${listed} ${isListed ? 'lists' : 'does not list'} ${asked}`, () =>
      expect(isAllowed(parseOrigins(listed), asked)).to.equal(isListed));
  }

  for (const wrong of ['app.example.com', 'https://app.example.com/', 'https://a.*.com', 'ftp://a.com']) {
    it(`refuses ${wrong} by its name`, () =>
      expect(() => readSettings({ CORS_ORIGINS: `https://fine.com,${wrong}` })).to.throw(
        `CORS_ORIGINS: "https://fine.com,${wrong}" has "${wrong}", which is no origin`,
      ));
  }
});
