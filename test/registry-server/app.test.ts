import { request } from 'node:http';
import { expect } from 'chai';
import { startServer, type TestServer } from '../build/server.ts';

describe('the protocol', () => {
  let server: TestServer;
  const lines: string[] = [];

  before(async () => {
    server = await startServer({ MAX_SCHEMA_SIZE: '100000' }, (line) => lines.push(line));
    await server.ready;
  });
  after(() => server.stop());

  const v1 = 'application/vnd.schemaregistry.v1+json';

  describe('media types', () => {
    const answers: readonly (readonly [string, string])[] = [
      ['*/*', v1],
      ['', v1],
      ['application/json', 'application/json'],
      ['application/vnd.schemaregistry+json', 'application/vnd.schemaregistry+json'],
      ['application/json, application/vnd.schemaregistry.v1+json', v1],
      [`${v1}; q=0.5, application/json`, 'application/json'],
      ['application/vnd.schemaregistry.v1+json; q=0.9, application/json; q=0.5', v1],
      ['text/plain, application/*;q=0.1', v1],
      // What Jersey 2.45 answers, which the reference is made with.
      ['*', v1],
      ['text/html, *;q=0.8', v1],
      ['*/json', v1],
      ['application', v1],
      ['application/*', v1],
      ['*/*;q=0.001', v1],
      ['*/*;q=0', v1],
      ['*/vnd.schemaregistry+json', v1],
      ['application/*, application/vnd.schemaregistry.v1+json;q=0', v1],
      [`${v1};q=0.1,*/*;q=0.8`, v1],
      ['*;q=0.1, application/json;q=0.2', 'application/json'],
      ['application/json, application/vnd.schemaregistry+json;q=0.9', 'application/json'],
      ['application/json; q=0.3 , */*;q=0.1', 'application/json'],
      ['application/json;q=.5', 'application/json'],
      ['application/json;q=1.0', 'application/json'],
      ['application/json;q="0.5"', 'application/json'],
      ['application/json;Q=0.5', 'application/json'],
      ['application/json;q=0', 'application/json'],
      ['application/json,', 'application/json'],
      ['application/json;', 'application/json'],
      ['application/json;charset=utf-8', 'application/json;charset=utf-8'],
      ['application/json;q=0.5;a=b', 'application/json;a=b'],
      ['application/json;a="b,c"', 'application/json;a="b,c"'],
      ['APPLICATION/JSON', 'APPLICATION/JSON'],
    ];
    for (const [accept, type] of answers) {
      it(`answers ${type} to Accept: ${accept}`, async () => {
        const reply = await server.get('/subjects', { Accept: accept });
        expect([reply.status, reply.type]).to.deep.equal([200, type]);
      });
    }

    for (const accept of [
      'text/html',
      'text/*',
      'application/xml, text/html;q=0',
      'application/*+json',
      'application/vnd.schemaregistry.v2+json',
      'application/octet-stream',
    ]) {
      it(`refuses what it cannot write: ${accept}`, async () => {
        const reply = await server.get('/subjects', { Accept: accept });
        expect(reply.status).to.equal(406);
        expect(reply.body).to.deep.equal({ error_code: 406, message: 'HTTP 406 Not Acceptable' });
      });
    }

    const malformed = [
      ...['2', '', 'x', '0.1234', '1.5', '-1', '1e0', '"'].map((q) => `application/json;q=${q}`),
      ...['text/', '/json', 'a b', ',', ', */*', 'application/json,,text/html', ';q=1', '(x)', 'a/b/c'],
      ...['application/json;a', 'application/json;=a', 'application/json, */*;q=x', '*/*;q=0.0001'],
    ];
    for (const accept of malformed) {
      it(`answers 400 to what is no list of media types: ${accept}`, async () => {
        for (const path of ['/subjects', '/subjects/x/versions/1', '/schemas/ids/1']) {
          const reply = await server.get(path, { Accept: accept });
          expect([reply.status, reply.body.error_code], path).to.deep.equal([400, 400]);
          expect(reply.body.message).to.match(/^HTTP 400 Bad Request: the header Accept is malformed: /);
        }
      });
    }

    for (const type of [
      v1,
      'application/vnd.schemaregistry+json',
      'application/json; charset=utf-8',
      'application/octet-stream',
      'application/*',
      '*/*',
      '*/json',
      'APPLICATION/JSON;',
      `${v1}; charset="utf-8"`,
    ]) {
      it(`reads ${type}`, async () => {
        const reply = await server.ask('PUT', '/config', {}, { 'Content-Type': type });
        expect(reply.status).to.equal(200);
      });
    }

    const unread: readonly Record<string, string>[] = [
      { 'Content-Type': 'text/plain' },
      { 'Content-Type': 'text/*' },
      { 'Content-Type': 'application/*+json' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      { 'Content-Encoding': 'gzip' },
    ];
    for (const headers of unread) {
      it(`refuses ${JSON.stringify(headers)}`, async () => {
        const reply = await server.ask('PUT', '/config', {}, headers);
        expect(reply.body).to.deep.equal({ error_code: 415, message: 'HTTP 415 Unsupported Media Type' });
      });
    }

    for (const type of [
      'application',
      '*',
      'application/',
      '/json',
      'a b',
      'application/json;x',
      'application/json, text/html',
    ]) {
      it(`answers 400 to what is no media type: ${type}`, async () => {
        const reply = await server.ask('PUT', '/config', {}, { 'Content-Type': type });
        expect([reply.status, reply.body.error_code]).to.deep.equal([400, 400]);
      });
    }

    const swapped = (bytes: Buffer, size: number) => {
      const other = Buffer.from(bytes);
      return size === 2 ? other.swap16() : other.swap32();
    };
    const encoded = (text: string): Record<string, Buffer> => {
      const utf16 = Buffer.from(text, 'utf16le');
      const utf32 = Buffer.from(Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0).buffer);
      const all = {
        'UTF-8': Buffer.from(text),
        'UTF-16LE': utf16,
        'UTF-16BE': swapped(utf16, 2),
        'UTF-32LE': utf32,
        'UTF-32BE': swapped(utf32, 4),
      };
      return all;
    };
    const post = async (path: string, body: Buffer, type = 'application/json') => {
      const reply = await fetch(server.url + path, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: new Uint8Array(body),
      });
      return { status: reply.status, body: (await reply.json()) as Record<string, unknown> };
    };
    const schema = '{"type":"enum","name":"E","doc":"é€😀","symbols":[]}';
    for (const mark of ['', '\ufeff']) {
      for (const [encoding, bytes] of Object.entries(encoded(mark + JSON.stringify({ schema })))) {
        it(`reads a body in ${encoding}, ${mark === '' ? 'without' : 'with'} a mark of the byte order`, async () => {
          const subject = `encoded-${encoding}-${mark.length}`;
          // The header's word counts for nothing, as in the reference.
          for (const type of ['application/json', 'application/json; charset=iso-8859-1']) {
            const { body } = await post(`/subjects/${subject}/versions`, bytes, type);
            expect(body).to.include({ version: 1, schema });
            expect((await post(`/subjects/${subject}`, bytes, type)).body).to.include({ schema });
          }
        });
      }
    }

    const broken: Readonly<Record<string, Buffer>> = {
      'UTF-8 that is none': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]),
      'UTF-16 with half of a character': (encoded('{"a":1}')['UTF-16LE'] as Buffer).subarray(0, -1),
      'UTF-16 with half of a pair': Buffer.from('{"\ud83d":1}', 'utf16le'),
      'UTF-32 with a part of a character': (encoded('{"a":1}')['UTF-32BE'] as Buffer).subarray(0, -2),
      'UTF-32 beyond Unicode': Buffer.from([0, 0, 0, 0x7b, 0x7f, 0, 0, 0]),
      'zeros alone': Buffer.alloc(8),
    };
    for (const [what, bytes] of Object.entries(broken)) {
      it(`answers 400 to a body of ${what}`, async () => {
        const { status, body } = await post('/subjects/broken/versions', bytes);
        expect([status, body.error_code]).to.deep.equal([400, 400]);
      });
    }
  });

  describe('requests that are wrong', () => {
    const wrong: readonly (readonly [string, string, string, unknown, number])[] = [
      ['an unknown path', 'GET', '/nothing/here', undefined, 404],
      ['an unknown path, posted to', 'POST', '/subjects/a/b/c/d', {}, 404],
      [
        'associations, which clients ask for first',
        'GET',
        '/associations/resources/-/t?resourceType=topic',
        undefined,
        404,
      ],
      ['another case', 'GET', '/Subjects', undefined, 404],
      ['a wrong method', 'PATCH', '/subjects', undefined, 405],
      ['a method that nobody has', 'PROPFIND', '/subjects', undefined, 405],
      ['a delete of all', 'DELETE', '/subjects', undefined, 405],
      ['a broken escape', 'GET', '/subjects/%zz/versions', undefined, 400],
      ['no JSON', 'POST', '/subjects/a/versions', '{"schema":', 400],
      ['a list for an object', 'POST', '/subjects/a/versions', '[]', 400],
      ['a nesting without end', 'POST', '/subjects/a/versions', `{"x":${'['.repeat(5000)}`, 400],
      ['no body', 'POST', '/subjects/a/versions', '', 422],
      ['null for a body', 'POST', '/subjects/a/versions', 'null', 422],
      ['a body without end', 'POST', '/subjects/a/versions', ' '.repeat(600_000), 413],
    ];
    for (const [title, method, path, body, code] of wrong) {
      it(`answers ${code} to ${title}`, async () => {
        const reply = await server.ask(method, path, body);
        expect(reply.status).to.equal(code);
        expect(reply.body.error_code).to.equal(code);
        expect(reply.type).to.equal(v1);
      });
    }

    it('says which methods a path has', async () => {
      const reply = await server.ask('PATCH', '/config');
      expect(reply.headers.get('Allow')?.split(', ').sort()).to.deep.equal(['DELETE', 'GET', 'HEAD', 'PUT']);
    });

    it('never says what went wrong inside', async () => {
      const reply = await server.ask('POST', '/subjects/a/versions', { schema: 1 });
      expect(reply.text).not.to.match(/at .*\.ts|node_modules/);
    });
  });

  it('answers the root and the metadata', async () => {
    expect((await server.get('/')).body).to.deep.equal({});
    expect((await server.get('/v1/metadata/version')).body).to.have.keys('version', 'commitId');
    expect((await server.get('/v1/metadata/id')).body.scope.clusters).to.have.property('kafka-cluster');
    expect((await server.get('/schemas/types')).body).to.include.members(['AVRO', 'JSON']);
  });

  it('answers HEAD as GET, without the body', async () => {
    const reply = await server.ask('HEAD', '/subjects');
    expect([reply.status, reply.text]).to.deep.equal([200, '']);
  });

  it('sends the request id back, and logs it', async () => {
    const reply = await server.get('/nothing', { 'X-Request-Id': 'my-id-1' });
    expect(reply.headers.get('X-Request-Id')).to.equal('my-id-1');
    expect(lines.some((line) => line.includes('my-id-1'))).to.equal(true);
    const other = await server.get('/nothing', { 'X-Request-Id': 'a b' });
    expect(other.headers.get('X-Request-Id')).to.match(/^[0-9a-f-]{36}$/);
  });

  it('survives a client that hangs up in the middle of its body', async () => {
    const sent = request(`${server.url}/subjects/a/versions`, {
      method: 'POST',
      headers: { 'Content-Length': 1000 },
    });
    sent.on('error', () => {});
    sent.write('{');
    await new Promise((resolve) => sent.once('socket', (socket) => socket.once('connect', resolve)));
    sent.destroy();
    expect((await server.get('/health')).status).to.equal(200);
  });

  it('counts requests by the pattern of their route', async () => {
    await server.get('/subjects/x/versions/1');
    const metrics = await (await fetch(`${server.metricsUrl}/metrics`)).text();
    expect(metrics).to.include(
      'schema_registry_http_requests_total{route="/subjects/:subject/versions/:version",method="GET",status="404"}',
    );
    for (const name of [
      'http_request_duration_seconds_bucket',
      'registrations_total',
      'compatibility_checks_total',
      'cache_reads_total',
      'redis_errors_total',
      'db_connections',
      'change_feed_up',
      'build_info',
      'process_cpu_seconds_total',
    ]) {
      expect(metrics).to.include(`schema_registry_${name}`);
    }
  });

  it('answers probes whatever they accept', async () => {
    expect((await server.get('/health', { Accept: 'text/html' })).body).to.deep.equal({ status: 'up' });
    expect((await server.get('/ready', { Accept: 'text/html' })).body).to.deep.equal({ status: 'up' });
  });

  it('tells what stands behind it on the port of the metrics', async () => {
    const { body } = await server.getReadiness();
    expect(body).to.include({ status: 'up' });
    expect(body.checks.database).to.include({ kind: 'embedded', status: 'up' });
    expect(body.checks.database.migration).to.be.greaterThan(0);
    expect(body.checks.cache).to.deep.equal({ kind: 'none', status: 'up' });
  });
});
