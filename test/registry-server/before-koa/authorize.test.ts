import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Role, roles } from '../../../registry-server/authentication/key-list.ts';
import { resources } from '../../../registry-server/routes/table.ts';
import { BadSettings } from '../../../registry-server/settings.ts';
import { eventually } from '../../build/eventually.ts';
import { type Reply, startServer, type TestServer } from '../../build/server.ts';

const keys: Readonly<Record<Role, string>> = {
  reader: 'reader-key-0123456789abcdef',
  writer: 'writer-key-0123456789abcdef',
  admin: 'admin-key-0123456789abcdef',
};
const entries = roles.map((role) => ({ name: `the-${role}`, role, key: keys[role] }));
const withKey = (key: string) => ({ 'X-API-Key': key });
const basic = (user: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

const routes = resources.flatMap((resource) => resource.routes);

describe('a server with API keys', () => {
  let folder: string;
  let file: string;
  let server: TestServer;
  const lines: string[] = [];

  const write = (list: unknown) => writeFileSync(file, JSON.stringify(list));
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'registry-keys-'));
    file = join(folder, 'keys.yaml');
    write(entries);
    server = await startServer({ AUTH_KEYS_FILE: file }, (line) => lines.push(line));
    await server.ready;
    await server.ask('POST', '/subjects/s/versions', { schema: '"int"' }, withKey(keys.admin));
  });
  after(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is open for probes, and for clients that ask what they need', () => {
    const open = routes.filter(({ needs }) => needs === 'open' || needs === 'optional');
    expect(open.map(({ method, path }) => `${method} ${path}`)).to.have.members([
      'GET /',
      'POST /',
      'GET /health',
      'GET /ready',
      'GET /openapi.json',
    ]);
  });

  it('lets nobody but an admin change anything, but for versions that writers add', () => {
    const sent = routes.filter(
      ({ method, needs }) => method !== 'GET' && needs !== 'admin' && needs !== 'open',
    );
    expect(sent.map(({ method, path, needs }) => `${needs}: ${method} ${path}`)).to.have.members([
      'reader: POST /subjects/:subject',
      'reader: POST /compatibility/subjects/:subject/versions',
      'reader: POST /compatibility/subjects/:subject/versions/:version',
      'reader: POST /api/v1/render',
      'writer: POST /subjects/:subject/versions',
      'writer: POST /subjects/:subject/versions/:version/tags',
    ]);
  });

  describe('on every route', () => {
    // Of a subject that is not there: what is asked for fails after it was let through.
    const filled = (path: string) => path.replace(':version', '1').replace(/:\w+/g, 'nobody');
    for (const { method, path, needs: need } of routes) {
      const ask = (headers: Record<string, string>, prefix = '') =>
        server.ask(method, prefix + filled(path), method === 'GET' ? undefined : '{', headers);
      const isOpen = need === 'open' || need === 'optional';
      const isIn = !isOpen && !path.startsWith('/v1');
      for (const prefix of isIn ? ['', '/contexts/.other'] : ['']) {
        it(`${method} ${prefix}${path} lets in whom it should: ${need}`, async () => {
          const anonymous = await ask({}, prefix);
          expect(anonymous.status === 401).to.equal(!isOpen);
          for (const [at, role] of roles.entries()) {
            const reply = await ask(withKey(keys[role]), prefix);
            const { status } = reply;
            const isLetIn = isOpen || at >= roles.indexOf(need);
            expect(status === 403, `${role}: ${status}`).to.equal(!isLetIn);
            if (!isLetIn) expect(reply.body.error_code).to.equal(40301);
            expect(status, role).not.to.equal(401);
          }
        });
      }
    }
  });

  describe('refuses in the words of Confluent', () => {
    const say = async (method: string, path: string, headers: Record<string, string>) => {
      const { body } = await server.ask(method, path, method === 'GET' ? undefined : '{}', headers);
      return [body.error_code, body.message];
    };
    const reader = withKey(keys.reader);
    const cases: readonly (readonly [string, string, string])[] = [
      ['POST', '/subjects/a%20b/versions', 'Write on Subject: a b: this needs the role writer'],
      ['DELETE', '/subjects/a', 'Delete on Subject: a: this needs the role admin'],
      ['PUT', '/config/a', 'WriteCompatibility on Subject: a: this needs the role admin'],
      ['PUT', '/mode', 'WriteCompatibility on Global: this needs the role admin'],
      ['DELETE', '/contexts/.a/subjects/a', 'Delete on Subject: :.a:a: this needs the role admin'],
    ];
    for (const [method, path, words] of cases) {
      it(`${method} ${path}`, async () => {
        expect(await say(method, path, reader)).to.deep.equal([40301, `User is denied operation ${words}`]);
      });
    }

    it('who sends nothing, and says what may be sent', async () => {
      const reply = await server.get('/subjects');
      expect(reply.body).to.deep.equal({
        error_code: 401,
        message:
          'Unauthorized: no credentials were sent: send an API key in X-API-Key, or as the password of basic authentication',
      });
      expect(reply.headers.get('WWW-Authenticate')).to.equal(
        'Basic realm="schema-registry", charset="UTF-8"',
      );
      expect(reply.type).to.equal('application/vnd.schemaregistry.v1+json');
    });

    it('who sends something else', async () => {
      for (const headers of [
        withKey('x'.repeat(24)),
        withKey(''),
        basic('me', 'x'.repeat(24)),
        basic(keys.admin, ''),
        { Authorization: `Bearer ${keys.admin}` },
        { Authorization: 'Basic' },
        { Authorization: `Basic ${Buffer.from(keys.admin).toString('base64')}` },
        // What was sent on purpose counts, not what a proxy may have added.
        { ...withKey('x'.repeat(24)), ...basic('me', keys.admin) },
      ]) {
        expect((await server.get('/subjects', headers)).status, JSON.stringify(headers)).to.equal(401);
      }
    });
  });

  it('tells an admin alone what stands behind it', async () => {
    for (const role of ['reader', 'writer'] as const) {
      expect((await server.get('/ready', withKey(keys[role]))).body).to.deep.equal({ status: 'up' });
    }
    expect((await server.get('/ready')).body).to.deep.equal({ status: 'up' });
    const { status, checks } = (await server.get('/ready', withKey(keys.admin))).body;
    expect([status, checks.database.kind]).to.deep.equal(['up', 'embedded']);
  });

  it('has keys that are tried at /ready on record, as anywhere', async () => {
    const { length } = lines;
    expect((await server.get('/ready', withKey('x'.repeat(24)))).status).to.equal(401);
    expect(lines.slice(length).join()).to.include('"refused":"unknown-key"');
  });

  it('takes a key as the password of basic authentication, whoever the user is', async () => {
    for (const user of ['', 'me', 'the-reader']) {
      expect((await server.get('/subjects', basic(user, keys.reader))).status).to.equal(200);
    }
  });

  it('locks the front as it locks Koa', async () => {
    const schema = { schema: '"int"' };
    const asked: readonly ((headers?: Record<string, string>) => Promise<Reply>)[] = [
      (headers) => server.get('/schemas/ids/1', headers),
      (headers) => server.get('/subjects/s/versions/1', headers),
      (headers) => server.ask('POST', '/subjects/s', schema, headers),
      (headers) => server.ask('POST', '/subjects/s/versions', schema, headers),
    ];
    for (const ask of asked) {
      // The second one is the front's.
      for (let n = 0; n < 2; n += 1) expect((await ask(withKey(keys.writer))).status).to.equal(200);
      expect((await ask()).status).to.equal(401);
    }
    const registration = asked.at(-1) as (typeof asked)[number];
    expect((await registration(withKey(keys.reader))).status).to.equal(403);
  });

  it('takes no odd path for another that needs less', async () => {
    const status = async (method: string, path: string) => {
      const sending = request(server.url, { method, path, headers: withKey(keys.reader), agent: false });
      const answered = once(sending, 'response');
      sending.end('{"schema":"\\"long\\""}');
      const [answer] = (await answered) as [IncomingMessage];
      answer.resume();
      return answer.statusCode;
    };
    for (const path of [
      '/subjects/odd\\versions#',
      '/subjects/odd\\versions',
      '/subjects/odd/versions/',
      '/subjects/odd/versions?x=/subjects/odd',
      '//subjects/odd/versions',
      '/contexts/.a/contexts/.b/subjects/odd/versions',
      `${server.url}/subjects/odd/versions`,
    ]) {
      expect(await status('POST', path), path).to.be.oneOf([400, 403]);
    }
    // What no router knows needs the most, and is found out to be nothing by nobody else.
    expect(await status('PATCH', '/subjects')).to.equal(403);
    expect((await server.get('/subjects?deleted=true', withKey(keys.reader))).body).to.deep.equal(['s']);
  });

  it('lets a body that nobody reads pass, and goes on', async () => {
    const agent = { Connection: 'keep-alive' };
    const { status } = await server.ask('POST', '/subjects/s/versions', 'x'.repeat(300_000), agent);
    expect(status).to.equal(401);
    expect((await server.get('/subjects', { ...withKey(keys.reader), ...agent })).status).to.equal(200);
  });

  it('logs who asked and never with what', async () => {
    const key = 'some-other-key-0123456789abcdef';
    for (const headers of [withKey(keys.reader), basic('me', keys.reader), withKey(key)]) {
      await server.get('/subjects/s/versions/1', { ...headers, 'X-Request-Id': 'logged' });
      await server.get('/subjects', { ...headers, 'X-Request-Id': 'logged' });
    }
    const logged = lines.map((line) => JSON.parse(line)).filter(({ requestId }) => requestId === 'logged');
    expect(logged.map(({ status, principal, refused }) => [status, principal ?? refused])).to.deep.equal([
      ...Array(4).fill([200, 'the-reader']),
      ...Array(2).fill([401, 'unknown-key']),
    ]);
    for (const { durationMs } of logged) expect(durationMs).to.be.a('number').above(0);
    for (const secret of [...Object.values(keys), key])
      expect(lines.join()).not.to.include(secret).and.not.to.include(Buffer.from(secret).toString('base64'));
  });

  it('counts who is not let in', async () => {
    const counted = async () => {
      const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
      const read = (name: string) => Number(text.split(`schema_registry_${name} `)[1]?.split('\n')[0] ?? 0);
      return [
        read('authentication_failures_total{reason="unknown-key"}'),
        read('http_requests_total{route="none",method="GET",status="401"}'),
      ];
    };
    const [failures = 0, requests = 0] = await counted();
    await server.get('/subjects', withKey('x'.repeat(24)));
    expect(await counted()).to.deep.equal([failures + 1, requests + 1]);
  });

  it('takes up another list without a restart, and keeps the former one where that is none', async () => {
    const fresh = 'fresh-key-0123456789abcdef';
    const status = async (key: string) => (await server.get('/subjects', withKey(key))).status;
    write([...entries, { name: 'fresh', role: 'reader', key: fresh }]);
    await eventually(async () => expect(await status(fresh)).to.equal(200), 15_000);
    writeFileSync(file, '- name: fresh\n  key: short\n');
    await eventually(
      () => expect(lines.join()).to.include('the file has changed and cannot be used'),
      15_000,
    );
    expect(await status(fresh)).to.equal(200);
    write(entries);
    await eventually(async () => expect(await status(fresh)).to.equal(401), 15_000);
    expect(await status(keys.reader)).to.equal(200);
  });

  it('is asked for by the document', async () => {
    const { components, paths } = (await server.get('/openapi.json')).body;
    expect(components.securitySchemes).to.have.keys('apiKey', 'basic');
    expect(paths['/subjects'].get.security).to.deep.equal([{ apiKey: [] }, { basic: [] }]);
    expect(paths['/subjects'].get.responses).to.include.keys('401', '403');
    expect(paths['/health'].get.security).to.deep.equal([]);
    expect(paths['/ready'].get.security).to.deep.equal([{}, { apiKey: [] }, { basic: [] }]);
  });
});

describe('a server with another header for API keys', () => {
  it('takes them there, and not in the usual one; pages of other origins may send it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'registry-keys-'));
    const file = join(folder, 'keys.yaml');
    writeFileSync(file, JSON.stringify(entries));
    const server = await startServer({
      AUTH_KEYS_FILE: file,
      API_KEY_HEADER: 'X-Team-Key',
      CORS_ORIGINS: 'https://app.example.com',
    });
    try {
      await server.ready;
      expect((await server.get('/subjects', { 'x-team-key': keys.reader })).status).to.equal(200);
      expect((await server.get('/subjects', withKey(keys.reader))).status).to.equal(401);
      const Origin = 'https://app.example.com';
      const preflight = { Origin, 'Access-Control-Request-Method': 'GET' };
      const { status, headers } = await server.ask('OPTIONS', '/subjects', undefined, preflight);
      expect([status, headers.get('Access-Control-Allow-Headers')]).to.deep.equal([
        204,
        'Authorization, Content-Type, X-Request-Id, X-Team-Key',
      ]);
      const refused = await server.get('/subjects', { Origin });
      expect([refused.status, refused.headers.get('Access-Control-Allow-Origin')]).to.deep.equal([
        401,
        Origin,
      ]);
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a server whose API keys cannot be read', () => {
  it('does not start, and says which file and why', async () => {
    const error = await startServer({ AUTH_KEYS_FILE: '/nowhere/keys.yaml' }).catch((thrown) => thrown);
    expect(error).to.be.instanceOf(BadSettings);
    expect(error.message).to.match(/^AUTH_KEYS_FILE: "\/nowhere\/keys.yaml" cannot be used: ENOENT/);
  });
});
