import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { makeCertificate, missingOpenssl, type TestCertificate } from '../../build/certificate.ts';
import { aCommand, type Command, type Ended } from '../../build/command.ts';
import { freePort } from '../../build/process.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const key = 'k'.repeat(40);
const secretWords = [
  's3cret',
  key,
  Buffer.from('ada:s3cret').toString('base64'),
  Buffer.from(`any:${key}`).toString('base64'),
];

describe('the way of the registry command to a registry', function () {
  this.timeout(30_000);
  let command: Command;
  const servers: Server[] = [];
  const run: Command['run'] = async (args, more) => held(await command.run(args, more));
  const runHere: Command['runHere'] = async (args, env) => held(await command.runHere(args, env));
  /** Whatever it was, nothing secret was shown, and no stack. */
  const held = (ended: Ended): Ended => {
    for (const secret of secretWords) expect(ended.out + ended.err).not.to.include(secret);
    expect(ended.err).not.to.match(/\n\s+at /);
    return ended;
  };

  beforeEach(() => {
    command = aCommand();
  });
  afterEach(() => {
    command.remove();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** A registry of our own making, and what it was asked. */
  async function pretend(answer: RequestListener) {
    const asked: { readonly line: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
    const server = createServer((request, response) => {
      asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
      answer(request, response);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
  }
  const json =
    (value: unknown, status = 200): RequestListener =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
      response.end(JSON.stringify(value));
    };

  it('wants to know which registry', async () => {
    const { code, err } = await run(['list']);
    expect([code, err]).to.deep.equal([
      2,
      'It is not said which registry: give --url, set SCHEMA_REGISTRY_URL, or run `registry login`.\n',
    ]);
  });

  for (const [title, url, said] of [
    ['no URL', 'registry', 'is not the URL of a registry'],
    ['a URL of another kind', 'ftp://host', 'is not the URL of a registry'],
    [
      'a password on the command line',
      'http://ada:s3cret@127.0.0.1:1',
      'can be read by everybody on this machine',
    ],
    ['a host that is not there', 'http://nowhere.invalid', 'http://nowhere.invalid '],
  ] as const)
    it(`says what is wrong with ${title}`, async () => {
      // Where nobody answers what a name stands for, it would take as long as it may.
      const { code, err } = await runHere(['list', '--url', url, '--timeout', '5']);
      expect(code).to.equal(2);
      expect(err).to.include(said);
    });

  it('goes on to the next URL where nobody listens', async () => {
    const { url } = await pretend(json(['orders']));
    const closed = `http://127.0.0.1:${await freePort()}`;
    const { code, out } = await run(['list', '--url', `${closed},${url}`]);
    expect([code, out]).to.deep.equal([0, 'orders\n']);
  });

  it('says that nobody listens', async () => {
    const { code, err } = await run(['list', '--url', `http://127.0.0.1:${await freePort()}`]);
    expect(code).to.equal(2);
    expect(err).to.match(
      /^http:\/\/127\.0\.0\.1:\d+ cannot be asked: nothing listens there; is the URL right, and is the registry running\?\n$/,
    );
  });

  for (const [title, answer, said] of [
    [
      'a page',
      (_: unknown, response: Parameters<RequestListener>[1]) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html>'),
      'answered 200 with text/html',
    ],
    [
      'JSON cut short',
      (_: unknown, response: Parameters<RequestListener>[1]) => response.end('["ord'),
      'is not what a schema registry says',
    ],
    [
      'a page for an error',
      (_: unknown, response: Parameters<RequestListener>[1]) => response.writeHead(500).end('oops'),
      'answered 500',
    ],
    [
      'another address',
      (_: unknown, response: Parameters<RequestListener>[1]) =>
        response.writeHead(302, { location: 'http://elsewhere.test/' }).end(),
      'to http://elsewhere.test/',
    ],
    [
      'a path that is unknown',
      json({ error_code: 404, message: 'HTTP 404 Not Found' }, 404),
      'is it the URL of a schema registry?',
    ],
    [
      'no right to do that',
      json({ error_code: 40301, message: 'the role admin is needed' }, 403),
      'does not let these credentials do that: the role admin is needed',
    ],
    [
      'words that a terminal would obey',
      json({ error_code: 42201, message: '\u001b]0;title\u0007 no' }, 422),
      '\\u001b]0;title\\u0007 no',
    ],
    [
      'a connection that ends',
      (request: Parameters<RequestListener>[0]) => request.socket.destroy(),
      'it ended the connection',
    ],
  ] as const)
    it(`says in a sentence that the answer is ${title}`, async () => {
      const { url, asked } = await pretend(answer as RequestListener);
      const { code, out, err } = await runHere(['list', '--url', url], {
        SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'ada:s3cret',
      });
      expect([code, out]).to.deep.equal([2, '']);
      expect(err).to.include(said);
      expect(err.trim().split('\n')).to.have.lengthOf(1);
      expect(asked[0]?.headers.authorization).to.equal(`Basic ${secretWords[2]}`);
    });

  it('waits no longer than it is told', async () => {
    const { url } = await pretend(() => {});
    const { code, err } = await run(['list', '--url', url, '--timeout', '0.3']);
    expect([code, err]).to.deep.equal([
      2,
      `${url} did not answer within 0.3 s; is it the right URL? --timeout gives it longer.\n`,
    ]);
  });

  it('asks again where nothing is changed by it, and writes once', async () => {
    writeFileSync(join(command.folder, 'order.avsc'), '"string"');
    let busy = 2;
    const { url, asked } = await pretend((request, response) => {
      if (request.method === 'GET' && busy-- > 0)
        return response.writeHead(503, { 'retry-after': '0' }).end('{}');
      if (request.url === '/subjects/orders/versions')
        return json({ error_code: 50003, message: 'later' }, 503)(request, response);
      return json(
        request.method === 'GET' ? [] : { error_code: 40401, message: 'none' },
        request.method === 'GET' ? 200 : 404,
      )(request, response);
    });
    expect((await run(['list', '--url', url])).code).to.equal(0);
    expect(asked).to.have.lengthOf(3);
    const { code, err } = await run(['publish', 'orders=order.avsc', '--url', url]);
    expect([code, err]).to.deep.equal([2, 'later\n']);
    expect(
      asked.filter(
        ({ line }) =>
          line === 'POST /subjects/orders/versions?normalize=false' ||
          line === 'POST /subjects/orders/versions',
      ),
    ).to.have.lengthOf(1);
  });

  it('reads a large registry page by page, and notices one that has no pages', async () => {
    const schemas = Array.from({ length: 2_345 }, (_, index) => ({
      subject: `s${index}`,
      version: 1,
      id: index,
      schema: '"int"',
    }));
    const paged = await pretend((request, response) => {
      const query = new URL(request.url ?? '', 'http://host').searchParams;
      const offset = Number(query.get('offset'));
      json(schemas.slice(offset, offset + Number(query.get('limit'))))(request, response);
    });
    const { out } = await run(['list', '--long', '--url', paged.url]);
    expect(out.trim().split('\n')).to.have.lengthOf(2_346);
    expect(paged.asked).to.have.lengthOf(3);
    const same = await pretend(json(schemas.slice(0, 1_000)));
    const { out: once } = await run(['list', '--long', '--url', same.url]);
    expect(once.trim().split('\n')).to.have.lengthOf(1_001);
  });

  it('keeps a subject that is deleted in the middle from half of an answer', async () => {
    const { url } = await pretend((request, response) => {
      if (request.url?.startsWith('/subjects/orders/versions?')) return json([1, 2])(request, response);
      if (request.url === '/subjects/orders/versions') return json([1, 2])(request, response);
      return json({ error_code: 40401, message: "Subject 'orders' not found." }, 404)(request, response);
    });
    const { code, out, err } = await run(['list', 'orders', '--long', '--url', url]);
    expect([code, out, err]).to.deep.equal([2, '', "Subject 'orders' not found.\n"]);
  });

  it('goes through a proxy where the environment names one, and not where it is told not to', async () => {
    const proxy = await pretend(json(['orders']));
    const env = { HTTP_PROXY: proxy.url, SCHEMA_REGISTRY_URL: 'http://registry.invalid:8081' };
    expect((await run(['list'], { env })).out).to.equal('orders\n');
    expect(proxy.asked.map(({ line }) => line)).to.deep.equal(['GET http://registry.invalid:8081/subjects']);
    const around = { ...env, NO_PROXY: 'registry.invalid' };
    expect((await run(['list', '--timeout', '5'], { env: around })).code).to.equal(2);
    expect(proxy.asked).to.have.lengthOf(1);
  });

  it('says in a sentence that an answer is none of a registry, whatever it is', async () => {
    writeFileSync(join(command.folder, 'order.avsc'), '"string"');
    const answers = [
      null,
      5,
      'x',
      {},
      [],
      [null],
      [[]],
      { schema: 5 },
      { references: 5, schema: '{}' },
      { is_compatible: 'x' },
    ];
    const lines = [
      'list',
      'list --long',
      'list s',
      'list s --long',
      'list --contexts',
      'get s',
      'get --id 1 --references',
      'get s --raw',
      'diff s 1',
      'diff s --file FILE',
      'check s=FILE',
      'publish s=FILE',
      'publish s=FILE --dry-run',
      'pull s --folder FOLDER',
      'config get',
      'config set --normalize true',
      'mode get',
      'delete s --yes',
      'delete s --yes --permanent',
      'version',
    ];
    for (const value of answers) {
      const { url } = await pretend(json(value));
      for (const line of lines) {
        const words = line.replace('FILE', 'order.avsc').replace('FOLDER', 'schemas').split(' ');
        const { code, err } = await runHere(words, { SCHEMA_REGISTRY_URL: url });
        expect(code, `${line}: ${JSON.stringify(value)}`).to.be.oneOf([0, 1, 2]);
        // Nothing is taken for a yes that is none.
        if (line.startsWith('check')) expect(code, JSON.stringify(value)).to.equal(2);
        if (code === 2) expect(err.trim().split('\n'), line).to.have.lengthOf(1);
      }
    }
    const written = readdirSync(command.folder, { recursive: true });
    expect(written.filter((name) => `${name}`.includes('undefined'))).to.deep.equal([]);
  });

  it('says with --verbose what was asked, and nothing that is secret', async () => {
    const { url } = await pretend(json([]));
    const { err } = await run(['list', '--verbose', '--prefix', 'a b'], {
      env: { SCHEMA_REGISTRY_URL: url.replace('//', '//ada:s3cret@') },
    });
    expect(err).to.match(/^GET http:\/\/127\.0\.0\.1:\d+\/subjects\?subjectPrefix=a%20b 200 \d+ ms\n$/);
  });

  describe('with credentials and TLS', () => {
    let certificate: TestCertificate;
    let server: TestServer;
    let keysFolder: string;
    before(async function () {
      if (missingOpenssl !== undefined) {
        process.stderr.write(`    skipped: ${missingOpenssl}\n`);
        return this.skip();
      }
      keysFolder = mkdtempSync(join(tmpdir(), 'registry-keys-'));
      const keysFile = join(keysFolder, 'keys.yaml');
      writeFileSync(keysFile, `- { name: ada, role: admin, key: ${key} }\n`);
      certificate = makeCertificate('IP:127.0.0.1');
      server = await startServer({
        AUTH_KEYS_FILE: keysFile,
        TLS_CERT_FILE: certificate.certPath,
        TLS_KEY_FILE: certificate.keyPath,
      });
      await server.ready;
    });
    after(async () => {
      await server?.stop();
      certificate?.remove();
      if (keysFolder) rmSync(keysFolder, { recursive: true });
    });
    const trust = () => ({ SCHEMA_REGISTRY_SSL_CA_LOCATION: certificate.caPath });
    const at = (env: NodeJS.ProcessEnv) => ({ env: { SCHEMA_REGISTRY_URL: server.url, ...trust(), ...env } });

    it('sends a key by its header, as a password, or as the secret of a key', async () => {
      const replies = await Promise.all([
        run(['list'], at({ SCHEMA_REGISTRY_API_KEY: key })),
        run(['list'], at({ SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: `any:${key}` })),
        run(['list'], at({ SCHEMA_REGISTRY_API_KEY: 'any', SCHEMA_REGISTRY_API_SECRET: key })),
        run(['list'], at({ SCHEMA_REGISTRY_URL: server.url.replace('//', `//any:${key}@`) })),
      ]);
      expect(replies.map(({ code }) => code)).to.deep.equal([0, 0, 0, 0]);
    });

    for (const [title, env, said] of [
      ['none', {}, 'wants to know who asks'],
      [
        'a wrong password',
        { SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'ada:s3cret' },
        'does not take the credentials',
      ],
      ['a wrong token', { SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: 's3cret' }, 'does not take the credentials'],
      ['two', { SCHEMA_REGISTRY_API_KEY: key, SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: 's3cret' }, 'are both set'],
      ['no colon', { SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 's3cret' }, 'has no ":"'],
      ['the end of a line', { SCHEMA_REGISTRY_API_KEY: `${key}\n` }, 'cannot be sent'],
    ] as const)
      it(`says what is wrong with ${title}`, async () => {
        const { code, err } = await runHere(['list'], at(env).env);
        expect(code).to.equal(2);
        expect(err).to.include(said);
      });

    it('keeps them in a profile of the user alone, for their own registry, until logout', async () => {
      const login = ['login', '--url', server.url, '--ca-file', certificate.caPath, '--api-key'];
      const wrong = await run(login, { input: 's3cret' });
      expect(wrong.code).to.equal(2);
      expect(wrong.err).to.include('does not take the credentials');
      const right = await run(login, { input: `${key}\n` });
      expect(right.code).to.equal(0);
      const file = /in (\/\S+\.json)\./.exec(right.err)?.[1] ?? '';
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect((await run(['list'])).code).to.equal(0);

      // It is of no use to anybody else who is named.
      const other = await pretend(json([]));
      expect((await run(['list', '--url', other.url])).code).to.equal(0);
      expect(other.asked[0]?.headers).not.to.include.keys('x-api-key', 'authorization');
      const named = await run(['list', '--url', other.url, '--profile', 'default']);
      expect(named.err).to.include('its credentials are for nobody else');

      const basic = await run(['login', '--url', server.url, '--user', 'any', '--profile', 'second'], {
        input: key,
        env: trust(),
      });
      expect(basic.code).to.equal(0);
      expect((await run(['list', '--profile', 'second'])).code).to.equal(0);
      expect((await run(['list', '--profile', '__proto__'])).err).to.include('is not the name of a profile');
      expect((await run(['list', '--profile', 'third'])).err).to.include('There is no profile "third"');

      await run(['logout']);
      expect((await run(['list'])).err).to.include('It is not said which registry');
      await run(['logout', '--all']);
      expect(existsSync(file)).to.equal(false);
    });

    it('refuses a profile that others may read, or that is none', async () => {
      const right = await run(['login', '--url', server.url, '--api-key', '--no-check'], { input: key });
      const file = /in (\/\S+\.json)\./.exec(right.err)?.[1] ?? '';
      chmodSync(file, 0o644);
      expect((await run(['list'])).err).to.include(`chmod 600 '${file}'`);
      chmodSync(file, 0o600);
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, -5));
      expect((await run(['list'])).err).to.include('is not what `registry login` writes');
    });

    it('trusts an authority that is given, by a flag or in the environment, and no other', async () => {
      const env = { SCHEMA_REGISTRY_URL: server.url, SCHEMA_REGISTRY_API_KEY: key };
      const [flag, variable, none, plain, missing] = await Promise.all([
        run(['list', '--ca-file', certificate.caPath], { env }),
        run(['list'], { env: { ...env, SCHEMA_REGISTRY_SSL_CA_LOCATION: certificate.caPath } }),
        run(['list'], { env }),
        run(['list', '--url', server.url.replace('https', 'http')]),
        run(['list', '--ca-file', 'none.pem'], { env }),
      ]);
      expect([flag.code, variable.code]).to.deep.equal([0, 0]);
      expect(none.err).to.include('an authority that this machine does not know').and.to.include('--ca-file');
      expect(plain.code).to.equal(2);
      expect(missing.err).to.include('none.pem, cannot be read: there is no such file');
    });

    it('says that a registry does not speak TLS', async () => {
      const { url } = await pretend(json([]));
      const { code, err } = await run(['list', '--url', url.replace('http', 'https')]);
      expect(code).to.equal(2);
      expect(err).to.include('http://');
    });
  });
});
