import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type MethodDefinition, Server, status } from '@grpc/grpc-js';
import { expect } from 'chai';
import { service as healthDefinition } from 'grpc-health-check';
import { openGrpcListener } from '../../../registry-server/grpc/listener.ts';
import { Lifecycle } from '../../../registry-server/lifecycle.ts';
import { openLog } from '../../../registry-server/log.ts';
import { openMetrics } from '../../../registry-server/metrics/metrics.ts';
import type { Registry } from '../../../registry-server/registry.ts';
import { BytesUnderWay } from '../../../registry-server/requests/bytes-under-way.ts';
import { readSettings } from '../../../registry-server/settings.ts';
import { eventually } from '../../build/eventually.ts';
import { type GrpcClient, openGrpcClient } from '../../build/grpc.ts';
import { idleSources } from '../../build/metrics.ts';
import { aJsonObject, anAvroRecord } from '../../build/schema.ts';
import { startServer, type TestServer } from '../../build/server.ts';

describe('the gRPC listener', () => {
  let server: TestServer;
  let client: GrpcClient;
  const lines: string[] = [];

  before(async () => {
    server = await startServer({ MAX_SCHEMA_SIZE: '4096', REQUEST_TIMEOUT: '5' }, (line) => lines.push(line));
    await server.ready;
    client = openGrpcClient(server.grpcAddress);
  });
  after(async () => {
    client.close();
    await server.stop();
  });

  const register = (subject: string, schema: string) =>
    client.call('SchemaService/RegisterSchema', { subject, schema: { schema } });
  const logged = () =>
    lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'request');

  it('is not there where it is off', async () => {
    const without = await startServer({ ENABLE_GRPC: 'false' });
    expect(without.grpcAddress).to.equal(undefined);
    await without.stop();
  });

  it('says that the store is not there yet, while the server starts', async () => {
    const starting = await startServer({ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing' });
    const early = openGrpcClient(starting.grpcAddress);
    const { code, trailers } = await early.call('SubjectService/ListSubjects');
    expect([code, trailers.get('error-code')]).to.deep.equal(['UNAVAILABLE', ['50001']]);
    expect(await healthOf(early)).to.equal('NOT_SERVING');
    early.close();
    await starting.stop();
  });

  for (const [method, message, code, words] of [
    ['SubjectService/GetVersion', { subject: 'none' }, 'NOT_FOUND', "Subject 'none' not found."],
    ['SchemaService/RegisterSchema', { subject: 'a' }, 'INVALID_ARGUMENT', '"schema" is missing'],
    ['SubjectService/DeleteVersion', { subject: 'a' }, 'INVALID_ARGUMENT', 'is not a valid version id'],
    ['SubjectService/ListSubjects', { pageSize: -1 }, 'INVALID_ARGUMENT', '"page_size" must not be'],
    ['SubjectService/ListSubjects', { pageToken: 'nonsense' }, 'INVALID_ARGUMENT', '"page_token" must be'],
    [
      'ConfigService/UpdateConfig',
      { subject: 'a', clear: ['color'] },
      'INVALID_ARGUMENT',
      '"clear" names "color"',
    ],
    [
      'ConfigService/UpdateConfig',
      { config: { compatibility: 99 } },
      'INVALID_ARGUMENT',
      'Valid values are none',
    ],
    ['ModeService/UpdateMode', { subject: 'a' }, 'INVALID_ARGUMENT', 'Valid values are READWRITE'],
    ['SubjectService/GetVersion', { subject: 'a\u0000' }, 'INVALID_ARGUMENT', 'A subject has no NUL'],
    ['SubjectService/DeleteSubject', { subject: 'none', permanent: true }, 'NOT_FOUND', 'not found'],
  ] as const) {
    it(`${code}: ${words}`, async () => {
      const answer = await client.call(method, message);
      expect(answer.code).to.equal(code);
      expect(answer.details).to.include(words);
    });
  }

  it('tells programs which error it was: in error-code, and as google.rpc.ErrorInfo', async () => {
    const { trailers } = await client.call('SubjectService/GetVersion', { subject: 'none' });
    expect(trailers.get('error-code')).to.deep.equal(['40401']);
    const [details] = trailers.get('grpc-status-details-bin') as Buffer[];
    expect(String(details))
      .to.include('type.googleapis.com/google.rpc.ErrorInfo')
      .and.include('SUBJECT_NOT_FOUND');
  });

  it('takes messages as large as the bodies of the REST API, and says which are too large', async () => {
    const tooLong = await register('large', aJsonObject({ a: { description: 'x'.repeat(5_000) } }));
    expect([tooLong.code, tooLong.trailers.get('error-code')]).to.deep.equal(['INVALID_ARGUMENT', ['42209']]);
    const message = await register('large', 'x'.repeat(400_000));
    expect(message.code).to.equal('RESOURCE_EXHAUSTED');
  });

  it('keeps what it says short enough for the metadata of every client', async () => {
    const subject = `ü${'x'.repeat(100_000)}`;
    const missing = await client.call('SubjectService/GetVersion', { subject });
    expect(missing.code).to.equal('NOT_FOUND');
    expect(missing.details)
      .to.match(/^Subject 'üx+…$/)
      .and.to.have.length.below(1_600);
    const fields = (type: string) => Array.from({ length: 60 }, (_, n) => ({ name: `f${n}`, type }));
    await register('wordy', anAvroRecord('R', fields('int')));
    const refused = await register('wordy', anAvroRecord('R', fields('string')));
    expect(refused.code).to.equal('FAILED_PRECONDITION');
    expect(refused.details).to.match(/^Schema being registered is incompatible.*…$/s);
  });

  it('gives a page at a time, and all of them', async () => {
    for (const n of [1, 2, 3, 4, 5]) await register(`:.pages:s${n}`, '"int"');
    const seen: string[] = [];
    let pageToken = '';
    do {
      const request = { subjectPrefix: ':.pages:', pageSize: 2, pageToken };
      const { message } = await client.call('SubjectService/ListSubjects', request);
      expect(message.subjects.length).to.be.within(1, 2);
      seen.push(...message.subjects);
      pageToken = message.nextPageToken;
    } while (pageToken !== '');
    expect(seen).to.deep.equal([1, 2, 3, 4, 5].map((n) => `:.pages:s${n}`));
  });

  it('streams a list that is longer than what is read at a time', async () => {
    const subjects = Array.from({ length: 250 }, (_, n) => `:.many:s${String(n).padStart(3, '0')}`);
    await Promise.all(subjects.map((subject) => register(subject, '"int"')));
    const listed = await client.list('SchemaService/ListSchemas', { subjectPrefix: ':.many:' });
    expect(listed.map(({ subject }) => subject)).to.deep.equal(subjects);
    const some = await client.list('SchemaService/ListSchemas', { subjectPrefix: ':.many:', limit: 120 });
    expect(some).to.have.length(120);
  });

  it('keeps to the deadline of the client', async () => {
    const late = await client.call('SubjectService/ListSubjects', {}, { deadline: Date.now() - 1 });
    expect(late.code).to.equal('DEADLINE_EXCEEDED');
  });

  it('gives a call the request id of the client, or one of its own, and logs it', async () => {
    const { headers } = await client.call(
      'SubjectService/ListSubjects',
      {},
      { headers: { 'x-request-id': 'mine-1' } },
    );
    expect(headers.get('x-request-id')).to.deep.equal(['mine-1']);
    const line = logged().find(({ requestId }) => requestId === 'mine-1');
    expect(line).to.include({
      level: 'debug',
      method: 'llm_schema_registry.v1.SubjectService/ListSubjects',
      code: 'OK',
    });
    const { headers: others } = await register('logged', '"int"');
    const [made] = others.get('x-request-id');
    expect(logged().find(({ requestId }) => requestId === made)).to.include({ level: 'info', code: 'OK' });
  });

  it('counts calls by method and code', async () => {
    await client.call('SubjectService/GetVersion', { subject: 'none' });
    const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
    const labels = 'method="llm_schema_registry.v1.SubjectService/GetVersion",code="NOT_FOUND"';
    expect(text).to.match(new RegExp(`schema_registry_grpc_requests_total{${labels}} [1-9]`));
    expect(text).to.match(new RegExp(`schema_registry_grpc_request_duration_seconds_count{${labels}} [1-9]`));
  });

  it('says in the standard way that it serves, and what', async () => {
    expect(await healthOf(client)).to.equal('SERVING');
    expect(await healthOf(client, 'llm_schema_registry.v1.SchemaService')).to.equal('SERVING');
    const error = await healthOf(client, 'nonsense').catch((reason: unknown) => reason);
    expect(error).to.have.property('code', status.NOT_FOUND);
  });

  it('minds nobody who hangs up, or speaks something else', async () => {
    const socket = connect(Number(server.grpcAddress?.split(':').at(-1)), '127.0.0.1');
    await once(socket, 'connect');
    socket.end('GET / HTTP/1.1\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
    expect((await register('after', '"int"')).code).to.equal('OK');
  });

  it('ends connections that have lived for a while, and loses no call', async () => {
    const lifecycle = new Lifecycle();
    lifecycle.serve();
    const metrics = openMetrics(idleSources);
    const listener = await openGrpcListener(readSettings({ SERVER_HOST: '127.0.0.1', GRPC_PORT: '0' }), {
      // What this method needs of it.
      registry: { metrics, maxBodyBytes: 1_000 } as Registry,
      lifecycle,
      log: openLog({ level: 'silent', format: 'json' }),
      requestTimeoutMs: 5_000,
      underWay: new BytesUnderWay(1_000_000),
      connectionAgeMs: 100,
    });
    let connections = 0;
    const counting = createServer((socket) => {
      connections += 1;
      const there = connect(Number(listener.address.split(':').at(-1)), '127.0.0.1');
      for (const end of [socket, there]) end.on('error', () => {});
      socket.pipe(there).pipe(socket);
    });
    await once(counting.listen(0, '127.0.0.1'), 'listening');
    const one = openGrpcClient(`127.0.0.1:${(counting.address() as AddressInfo).port}`);
    const codes = new Set<string>();
    // With one call at a time a connection is often idle when it ends.
    while (connections < 8) codes.add((await one.call('SchemaService/ListSchemaTypes')).code);
    expect([...codes]).to.deep.equal(['OK']);
    one.close();
    await listener.close(1_000);
    counting.close();
  });

  it('tells who watches that it ends, and loses no call that is under way', async () => {
    const [first, second] = await Promise.all([drained(), drained()]);
    // The first is left for the second, as the endpoints of a Service change.
    const both = [first, second].map(({ grpcAddress }) => grpcAddress).join(',');
    const clients = Array.from({ length: 8 }, () => openGrpcClient(`ipv4:${both}`));
    const watched = watch(openGrpcClient(first.grpcAddress));
    await eventually(() => expect(watched).to.include('SERVING'));
    let isOver = false;
    const codes = new Map<string, number>();
    const load = clients.map(async (one, n) => {
      for (let version = 0; !isOver; version += 1) {
        const schema = { schema: anAvroRecord('R', [`f${n}_${version}`]) };
        const { code, details } = await one.call('SchemaService/RegisterSchema', {
          subject: `s${n}`,
          schema,
        });
        const said = code === 'OK' ? code : `${code} ${details}`;
        codes.set(said, (codes.get(said) ?? 0) + 1);
      }
    });
    await eventually(() => expect(codes.get('OK')).to.be.greaterThan(100));
    await first.stop();
    const before = codes.get('OK') ?? 0;
    await eventually(() => expect(codes.get('OK')).to.be.greaterThan(before + 100));
    isOver = true;
    await Promise.all(load);
    expect([...codes.keys()]).to.deep.equal(['OK']);
    expect(watched).to.include('NOT_SERVING');
    for (const one of clients) one.close();
    await second.stop();
  });

  async function drained(): Promise<TestServer> {
    const one = await startServer({ GRACEFUL_SHUTDOWN_TIMEOUT: '3' });
    await one.ready;
    return one;
  }

  function methodOf(name: string) {
    return healthDefinition[name] as MethodDefinition<object, { status: string }>;
  }

  function healthOf({ client: channel }: GrpcClient, service = ''): Promise<string> {
    const { path, requestSerialize, responseDeserialize } = methodOf('Check');
    return new Promise((resolve, reject) => {
      channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, { service }, (error, message) =>
        error ? reject(error) : resolve(message?.status ?? ''),
      );
    });
  }

  function watch({ client: channel }: GrpcClient): string[] {
    const { path, requestSerialize, responseDeserialize } = methodOf('Watch');
    const stream = channel.makeServerStreamRequest(path, requestSerialize, responseDeserialize, {
      service: '',
    } as never);
    const seen: string[] = [];
    stream.on('data', ({ status: said }: { status: string }) => seen.push(said));
    stream.on('error', () => {});
    stream.on('end', () => channel.close());
    return seen;
  }
});

describe('grpc-js', () => {
  it('is pinned to the version whose inside is read, which has connections there', () => {
    const { dependencies } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    );
    expect(dependencies['@grpc/grpc-js']).to.match(/^\d+\.\d+\.\d+$/);
    expect(new Server()).to.have.property('sessions').that.is.instanceOf(Map);
  });
});
