import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { aCommand, type Command, commandFile } from '../../build/command.ts';
import { customer, order, sale, withField } from '../../build/command-suite.ts';
import { startServer, type TestServer } from '../../build/server.ts';
import { suiteServer } from '../../build/suite-server.ts';

type Asked = Pick<TestServer, 'ask' | 'get'>;

const versionsOf = async (server: Asked) =>
  (await server.get('/schemas?subjectPrefix=:*:&deleted=true')).body.map(
    // When it was registered is of the registry itself.
    ({ ts: _, ...rest }: Record<string, unknown>) => rest,
  );

const settingsPaths = [
  '/config',
  '/config/orders',
  '/config/old-orders',
  '/config/:.staging:',
  '/config/:.__GLOBAL:',
  '/mode',
  '/mode/orders',
  '/mode/frozen',
  '/mode/:.staging:',
];

const everythingOf = async (server: Asked) => ({
  versions: await versionsOf(server),
  contexts: (await server.get('/contexts')).body,
  settings: await Promise.all(settingsPaths.map(async (path) => [path, (await server.get(path)).body])),
});

async function register(server: Asked, subject: string, schema: unknown, more: object = {}): Promise<void> {
  const { status, text } = await server.ask('POST', `/subjects/${encodeURIComponent(subject)}/versions`, {
    schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
    ...more,
  });
  expect(status, text).to.equal(200);
}

const put = (server: Asked, path: string, body: object) => server.ask('PUT', path, body);

async function fill(server: Asked): Promise<void> {
  await put(server, '/config', { compatibility: 'FULL_TRANSITIVE' });
  await put(server, '/config/:.__GLOBAL:', { compatibility: 'FORWARD', normalize: true });
  await register(server, 'customers', customer);
  await register(server, 'a-sale', sale, {
    references: [{ name: 'shop.Customer', subject: 'customers', version: 1 }],
  });
  await register(server, 'address.json', { type: 'object', title: 'Address' }, { schemaType: 'JSON' });
  await register(
    server,
    'a-person',
    { type: 'object', properties: { home: { $ref: 'address.json' } } },
    { schemaType: 'JSON', references: [{ name: 'address.json', subject: 'address.json', version: 1 }] },
  );
  await register(server, 'money', 'syntax = "proto3";\nmessage Money { int64 cents = 1; }', {
    schemaType: 'PROTOBUF',
  });
  await register(
    server,
    'a-bill',
    'syntax = "proto3";\nimport "money.proto";\nmessage Bill { Money sum = 1; }',
    { schemaType: 'PROTOBUF', references: [{ name: 'money.proto', subject: 'money', version: 1 }] },
  );
  await register(server, 'orders', order, {
    metadata: { properties: { owner: 'sales' }, tags: { 'shop.Order.id': ['PII'] } },
    ruleSet: { domainRules: [{ name: 'r', kind: 'CONDITION', type: 'CEL', mode: 'WRITE', expr: 'true' }] },
  });
  await register(server, 'orders', withField('amount', { default: 0 }));
  await server.ask('DELETE', '/subjects/orders/versions/1');
  await put(server, '/config/orders', { compatibility: 'NONE' });
  await put(server, '/config/old-orders', { alias: 'orders' });
  await register(server, 'frozen', order);
  await put(server, '/mode/frozen', { mode: 'READONLY' });
  // A whole subject that is soft-deleted and refers to one that is.
  await register(server, 'gone', { ...customer, name: 'Gone' });
  await register(
    server,
    'also-gone',
    { ...customer, name: 'AlsoGone', fields: [{ name: 'of', type: 'Gone' }] },
    { references: [{ name: 'shop.Gone', subject: 'gone', version: 1 }] },
  );
  await server.ask('DELETE', '/subjects/also-gone');
  await server.ask('DELETE', '/subjects/gone');
  // An id that is given to nobody any more, in the midst of others.
  await register(server, 'brief', '"bytes"');
  await server.ask('DELETE', '/subjects/brief');
  await server.ask('DELETE', '/subjects/brief?permanent=true');
  await register(server, 'a/b größe', '"long"');
  await register(server, ':.staging:customers', { ...customer, name: 'Other' });
  await register(server, ':.staging:sales', '"int"', {
    references: [{ name: 'x', subject: 'customers', version: 1 }],
  });
  await put(server, '/config/:.staging:', { compatibility: 'NONE' });
  // The highest id of a context, given to nobody any more.
  await register(server, ':.beyond:kept', '"int"');
  await register(server, ':.beyond:brief', '"bytes"');
  for (const query of ['', '?permanent=true'])
    await server.ask('DELETE', `/subjects/${encodeURIComponent(':.beyond:brief')}${query}`);
  // One content under two ids, as only an import has it.
  await put(server, '/mode/:.twice:', { mode: 'IMPORT' });
  await register(server, ':.twice:one', order, { id: 70, version: 4 });
  await register(server, ':.twice:two', order, { id: 90, version: 2 });
  await server.ask('DELETE', '/mode/:.twice:');
}

describe('registry copy', function () {
  this.timeout(60_000);
  const source = suiteServer();
  let target: TestServer;
  let command: Command;
  const servers: Server[] = [];
  const copy = (...more: string[]) =>
    command.runHere(['copy', '--from', source.url, '--url', target.url, ...more]);
  const reportOf = async (...more: string[]) => {
    const ended = await copy('-o', 'json', ...more);
    return { ...ended, report: JSON.parse(ended.out || 'null') };
  };

  before(() => fill(source));
  beforeEach(async () => {
    command = aCommand();
    target = await startServer();
    await target.ready;
  });
  afterEach(async () => {
    command.remove();
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
    await target.stop();
  });

  async function listen(answer: RequestListener): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** What stands between the command and the target. @param look answers true where it has answered itself */
  const between = (look: (...parameters: Parameters<RequestListener>) => boolean) =>
    listen((request, response) => {
      if (look(request, response)) return;
      const { method, url = '', headers } = request;
      const onward = httpRequest(target.url + url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.headers);
        answer.pipe(response);
      });
      onward.on('error', () => response.destroy());
      request.pipe(onward);
    });

  it('keeps everything, writes nothing into the source, and finds nothing to do the second time', async () => {
    const before = await everythingOf(source);
    const first = await reportOf();
    expect(first.report, first.err).to.deep.include({ ok: true, conflicts: [], notTaken: [] });
    expect(first.code).to.equal(0);
    expect(await everythingOf(target)).to.deep.equal(before);
    expect(await everythingOf(source)).to.deep.equal(before);
    expect(first.report.versions).to.deep.equal({
      source: before.versions.length,
      there: 0,
      copied: before.versions.length,
      deleted: 3,
    });
    expect(first.report.notes).to.deep.equal([
      'In the context .beyond the source has given ids up to 2, and the highest that is left is 1: those between belonged to schemas that were deleted for good, and the target would give them again.',
    ]);
    const again = await reportOf();
    expect([again.code, again.report.versions]).to.deep.equal([
      0,
      { source: before.versions.length, there: before.versions.length, copied: 0, deleted: 0 },
    ]);
    expect(again.report.settings).to.deep.equal({ configs: 0, modes: 0 });
    expect((await copy()).out).to.include('Ids, versions, contents and guids are the same at both.');
  });

  it('copies some contexts, and only says what it would do where it is asked', async () => {
    const dry = await copy('--dry-run', '--contexts', 'staging');
    expect([dry.code, dry.out]).to.satisfy(
      ([code, out]: [number, string]) => code === 0 && out.includes('2 versions would be copied'),
      dry.out + dry.err,
    );
    expect(await versionsOf(target)).to.deep.equal([]);
    expect((await copy('--contexts', 'staging,.twice')).code).to.equal(0);
    expect((await target.get('/contexts')).body).to.deep.equal(['.', '.staging', '.twice']);
    expect((await target.get('/subjects')).body).to.have.members([
      ':.staging:customers',
      ':.staging:sales',
      ':.twice:one',
      ':.twice:two',
    ]);
  });

  for (const [signal, title, code] of [
    ['SIGKILL', 'goes on where it was killed', null],
    ['SIGINT', 'sets modes back when it is interrupted', 130],
  ] as const)
    it(`${title}`, async () => {
      let posts = 0;
      const url = await between((request, response) => {
        if (request.method !== 'POST' || ++posts !== 6) return false;
        child.kill(signal);
        if (signal === 'SIGKILL') response.destroy();
        return signal === 'SIGKILL';
      });
      const child = spawn(
        process.execPath,
        [commandFile, 'copy', '--from', source.url, '--url', url, '--concurrency', '1'],
        { env: { PATH: process.env.PATH, XDG_CONFIG_HOME: command.folder }, stdio: 'ignore' },
      );
      const [ended] = await once(child, 'exit');
      expect(ended).to.equal(code);
      const mode = (await target.get('/mode')).body.mode;
      expect(mode).to.equal(signal === 'SIGKILL' ? 'IMPORT' : 'READWRITE');
      const { report } = await reportOf();
      expect(report).to.deep.include({ ok: true });
      expect(report.versions.there).to.be.within(5, 6);
      expect(await everythingOf(target)).to.deep.equal(await everythingOf(source));
    });

  it('asks again where the target has too much to do, or ends the connection', async () => {
    const seen = new Map<string, number>();
    const url = await between((request, response) => {
      const key = `${request.method} ${request.url}`;
      const times = (seen.get(key) ?? 0) + 1;
      seen.set(key, times);
      if (times > 1 || !/versions/.test(key)) return false;
      if (seen.size % 3 === 0) response.destroy();
      else response.writeHead(seen.size % 2 ? 503 : 429, { 'retry-after': '0' }).end('{}');
      return true;
    });
    const { code, err } = await command.runHere(['copy', '--from', source.url, '--url', url]);
    expect(code, err).to.equal(0);
    expect(await everythingOf(target)).to.deep.equal(await everythingOf(source));
  });

  it('does not begin where other content has the same ids, and names it', async () => {
    await register(target, 'customers', '"double"');
    await register(target, 'mine', '"float"');
    const { code, report } = await reportOf();
    expect(code).to.equal(2);
    expect(report.conflicts).to.deep.equal([
      {
        subject: 'a-sale',
        version: 1,
        id: 2,
        why: 'the target has another schema under this id, as mine version 1',
      },
      { subject: 'customers', version: 1, id: 1, why: 'the target has another schema as this version' },
    ]);
    expect(report.versions.copied).to.equal(0);
    expect(await versionsOf(target)).to.have.length(2);
    expect((await target.get('/mode')).body).to.deep.equal({ mode: 'READWRITE' });
  });

  describe('from a stub that knows as little as an old registry', () => {
    const answers: Record<string, unknown> = {
      '/subjects': ['a-sale', 'customers', 'odd'],
      '/subjects/customers/versions': [1],
      '/subjects/customers/versions/1': { subject: 'customers', version: 1, id: 3 },
      '/subjects/a-sale/versions': [2],
      '/subjects/a-sale/versions/2': {
        subject: 'a-sale',
        version: 2,
        id: 5,
        references: [{ name: 'shop.Customer', subject: 'customers', version: 1 }],
      },
      '/subjects/odd/versions': [1],
      '/config': { compatibilityLevel: 'NONE' },
      '/config/customers': { compatibilityLevel: 'FORWARD' },
      // As Apicurio has it of a subject without a config.
      '/config/a-sale': { compatibilityLevel: 'NONE' },
      '/config/a-sale?defaultToGlobal=true': { compatibilityLevel: 'BACKWARD' },
    };
    // The name in full where the namespace says it already, as some registries keep it.
    const texts = { 3: customer, 5: { ...sale, fields: [{ name: 'by', type: 'shop.Customer' }] } };
    /** Without contexts, modes, a list of schemas or of what is deleted, types and guids. */
    const oldRegistry: RequestListener = (request, response) => {
      const path = request.url?.replace(/\?.*/, '') ?? '';
      const known = (answers[request.url ?? ''] ?? answers[path]) as { readonly id?: number } | undefined;
      const isFound = known !== undefined && request.method === 'GET';
      response.writeHead(isFound ? 200 : 404, { 'content-type': 'application/json' });
      const schema = JSON.stringify(texts[(known?.id ?? 3) as keyof typeof texts], null, 2);
      const found = known?.id === undefined ? known : { ...known, schema };
      response.end(JSON.stringify(isFound ? found : { error_code: 404, message: 'HTTP 404 Not Found' }));
    };

    it('sends the credentials of each registry to that one alone', async () => {
      const seen = { source: new Set<unknown>(), target: new Set<unknown>() };
      const from = await listen((request, response) => {
        seen.source.add(request.headers.authorization);
        oldRegistry(request, response);
      });
      const url = await between(({ headers }) => {
        seen.target.add(headers.authorization);
        return false;
      });
      const { out, err } = await command.runHere(['copy', '--from', from, '--url', url, '--dry-run'], {
        FROM_SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: 'ada:s3cret',
        SCHEMA_REGISTRY_BEARER_AUTH_TOKEN: 't0ken',
      });
      expect(seen).to.deep.equal({
        source: new Set([`Basic ${Buffer.from('ada:s3cret').toString('base64')}`]),
        target: new Set(['Bearer t0ken']),
      });
      expect(out + err).not.to.match(/s3cret|t0ken/);
    });

    it('takes what there is, and reports what it could not and why', async () => {
      const url = await listen(oldRegistry);
      const { code, out, err } = await command.runHere(['copy', '--from', url, '--url', target.url]);
      expect(code, err).to.equal(1);
      expect(out)
        .to.match(/version +odd +1 .*lists it and does not show it/)
        .and.to.include('2 versions are the same schema written otherwise');
      expect(
        (await versionsOf(target)).map(({ subject, version, id }: Record<string, unknown>) => [
          subject,
          version,
          id,
        ]),
      ).to.deep.equal([
        ['a-sale', 2, 5],
        ['customers', 1, 3],
      ]);
      expect((await target.get('/config/customers')).body.compatibilityLevel).to.equal('FORWARD');
      expect((await target.get('/config')).body.compatibilityLevel).to.equal('NONE');
      expect((await target.get('/config/a-sale')).status).to.equal(404);
      expect((await command.runHere(['copy', '--from', url, '--url', target.url])).out).to.include(
        '0 were copied',
      );
    });
  });
});

describe('what is typed after registry copy', () => {
  const command = aCommand();
  after(() => command.remove());

  for (const [title, args, said] of [
    ['no source', [], 'It is not said which registry to copy'],
    ['a password', ['--from', 'http://ada:s3cret@127.0.0.1:1'], 'can be read by everybody'],
    ['one context', ['--from', 'http://127.0.0.1:1/contexts/.a'], 'leads to one context'],
    ['too many at once', ['--from', 'http://127.0.0.1:1', '--concurrency', '65'], 'from 1 to 64'],
  ] as const)
    it(`says what is wrong with ${title}`, async () => {
      const { code, err } = await command.runHere(['copy', '--url', 'http://127.0.0.1:2', ...args]);
      expect([code, err]).to.satisfy(
        ([ended, text]: [number, string]) => ended === 2 && text.includes(said),
        err,
      );
    });
});
