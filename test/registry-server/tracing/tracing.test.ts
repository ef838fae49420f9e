import { expect } from 'chai';
import { eventually } from '../../build/eventually.ts';
import { openGrpcClient } from '../../build/grpc.ts';
import { startCollector, type TestCollector, type TestSpan } from '../../build/otlp.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../../build/postgres.ts';
import { missingRedis, startRedis, type TestRedis } from '../../build/redis.ts';
import { startRegistryProcess } from '../../build/registry-process.ts';
import { missingS3, startS3, type TestS3 } from '../../build/s3.ts';
import { aJsonObject, anAvroRecord } from '../../build/schema.ts';
import { startServer, type TestServer } from '../../build/server.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const parentId = 'b7ad6b7169203331';
const sampled = { traceparent: `00-${traceId}-${parentId}-01` };
const notSampled = { traceparent: `00-${traceId}-${parentId}-00` };

describe('tracing, to a receiver of OTLP over HTTP that stands for a collector', () => {
  let collector: TestCollector;
  let server: TestServer;
  let lines: string[];

  beforeEach(async () => {
    collector = await startCollector();
  });
  afterEach(async () => {
    await server?.stop();
    await collector.stop();
  });

  async function start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    lines = [];
    server = await startServer(
      { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'contracts', ...environment },
      (line) => lines.push(line),
    );
    await server.ready;
  }
  const register = (subject: string, headers = {}, schema = anAvroRecord('Order')) =>
    server.ask('POST', `/subjects/${subject}/versions`, { schema }, headers);
  /** What the collector has once the server has said all. */
  async function sent(): Promise<readonly TestSpan[]> {
    await server.stop();
    return collector.spans;
  }
  const logged = (event: string) =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((line) => line.event === event);
  async function spansCounted(outcome: 'sent' | 'dropped'): Promise<number> {
    const text = await (await fetch(`${server.metricsUrl}/metrics`)).text();
    const value = new RegExp(
      `^schema_registry_trace_spans_total\\{outcome="${outcome}"\\} (\\d+)$`,
      'm',
    ).exec(text);
    return Number(value?.[1] ?? 0);
  }

  it('says of a request what it was, with its pattern for a name', async () => {
    await start({
      OTEL_RESOURCE_ATTRIBUTES: 'k8s.namespace.name=team-a,note=a%20b',
      POD_NAME: 'contracts-0',
    });
    await register('orders');
    const [span] = (await sent()).filter(({ kind }) => kind === 2);
    expect(span).to.deep.include({ name: 'POST /subjects/:subject/versions', status: 0 });
    expect(span?.fields).to.deep.include({
      'http.request.method': 'POST',
      'http.route': '/subjects/:subject/versions',
      'http.response.status_code': 200,
      'url.path': '/subjects/orders/versions',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(server.url).port),
    });
    expect(span?.resource).to.deep.include({
      'service.name': 'contracts',
      'k8s.namespace.name': 'team-a',
      'k8s.pod.name': 'contracts-0',
      note: 'a b',
    });
  });

  it('goes on with the trace of the caller, and names it in the access log', async () => {
    await start();
    await register('orders', sampled);
    const spans = await sent();
    const [span] = spans.filter(({ kind }) => kind === 2);
    expect(span).to.deep.include({ traceId, parentSpanId: parentId });
    // What is done for it is below it, though its body came in pieces.
    const statements = spans.filter(({ fields }) => fields['db.system.name'] === 'postgresql');
    expect(statements).not.to.deep.equal([]);
    expect(new Set(statements.map((statement) => statement.traceId))).to.deep.equal(new Set([traceId]));
    expect(statements.map(({ parentSpanId }) => parentSpanId)).to.include(span?.spanId);
    expect(logged('request').map((line) => line.traceId)).to.include(traceId);
  });

  it('follows a request that is answered from memory, under a context too', async () => {
    await start();
    await register(':.team-a:orders');
    await server.get('/contexts/team-a/subjects/orders/versions/1');
    await server.get('/contexts/team-a/subjects/orders/versions/1', sampled);
    const [span] = (await sent()).filter((one) => one.traceId === traceId);
    expect(span).to.deep.include({
      name: 'GET /subjects/:subject/versions/:version',
      parentSpanId: parentId,
    });
    expect(span?.fields).to.deep.include({ 'url.path': '/contexts/team-a/subjects/orders/versions/1' });
    expect(logged('request').filter((line) => line.traceId === traceId)).to.have.length(1);
  });

  it('sends no text of a schema and no credentials', async () => {
    await start();
    await server.ask(
      'POST',
      '/subjects/orders/versions?secret=of-the-query',
      { schema: anAvroRecord('SecretOrder') },
      { Authorization: 'Bearer secret-token', 'X-API-Key': 'secret-key' },
    );
    await sent();
    expect(collector.text())
      .to.include('/subjects/orders/versions')
      .and.not.to.match(/secret/i);
  });

  it('sends nothing of what is sampled out, by its ratio or by the caller', async () => {
    await start({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    await register('orders');
    await register('others', notSampled);
    expect(await sent()).to.deep.equal([]);
    // The trace goes on elsewhere.
    expect(logged('request').map((line) => line.traceId)).to.include(traceId);
  });

  it('traces what the caller wants traced, whatever its ratio', async () => {
    await start({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
    await register('orders', sampled);
    expect((await sent()).filter(({ kind }) => kind === 2)).to.have.length(1);
  });

  it('traces no probes', async () => {
    await start();
    await server.get('/health');
    await server.get('/ready');
    await fetch(`${server.metricsUrl}/metrics`);
    expect(await sent()).to.deep.equal([]);
  });

  it('calls what fails on our side an error, and what a client does wrong not', async () => {
    await start({ REQUEST_TIMEOUT: '30' });
    await server.get('/subjects/none/versions');
    const [span] = (await sent()).filter(({ kind }) => kind === 2);
    expect(span).to.deep.include({ name: 'GET /subjects/:subject/versions', status: 0 });
    expect(span?.fields['http.response.status_code']).to.equal(404);
  });

  it('follows a schema into the thread that it is parsed in', async () => {
    await start();
    const properties = Object.fromEntries(
      Array.from({ length: 4_000 }, (_, i) => [`property_${i}`, { type: 'string' }]),
    );
    const schema = aJsonObject(properties);
    expect(schema.length).to.be.greaterThan(64 * 1024);
    const body = { schemaType: 'JSON', schema };
    expect((await server.ask('POST', '/subjects/large/versions', body, sampled)).status).to.equal(200);
    const spans = (await sent()).filter((span) => span.traceId === traceId);
    expect(spans.map(({ name }) => name)).to.include('schema parse');
  });

  it('has a span for a gRPC call, in the trace of its metadata', async () => {
    await start();
    const client = openGrpcClient(server.grpcAddress);
    const called = { subject: 'orders', schema: { schema: anAvroRecord('Order') } };
    expect(await client.call('SchemaService/RegisterSchema', called, { headers: sampled })).to.deep.include({
      code: 'OK',
    });
    expect(await client.call('SubjectService/GetVersion', { subject: 'none', version: 1 })).to.deep.include({
      code: 'NOT_FOUND',
    });
    client.close();
    const spans = await sent();
    const [registered, asked] = spans.filter(({ kind }) => kind === 2);
    expect(registered).to.deep.include({
      name: 'llm_schema_registry.v1.SchemaService/RegisterSchema',
      traceId,
      parentSpanId: parentId,
    });
    expect(registered?.fields).to.deep.include({
      'rpc.system': 'grpc',
      'rpc.service': 'llm_schema_registry.v1.SchemaService',
      'rpc.method': 'RegisterSchema',
      'rpc.grpc.status_code': 0,
    });
    expect(asked).to.deep.include({ status: 0 });
    expect(asked?.fields['rpc.grpc.status_code']).to.equal(5);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === registered?.spanId)).not.to.deep.equal([]);
    expect(logged('request').filter((line) => line.traceId === traceId)).to.have.length(1);
  });

  it('shows the collector the credentials of a variable, and nobody else', async () => {
    const process = await startRegistryProcess({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret-token',
    });
    await fetch(`${process.url}/subjects`);
    await process.stop();
    expect(collector.authorization()).to.equal('Bearer secret-token');
    expect(process.output()).not.to.include('secret-token');
  });

  it('counts what the collector took', async () => {
    await start();
    await register('orders');
    await eventually(async () => expect(await spansCounted('sent')).to.be.greaterThan(0));
    expect(await spansCounted('dropped')).to.equal(0);
  });

  it('fails no request while the collector is away, and says so once', async () => {
    await collector.stop();
    await start();
    const replies = await Promise.all(Array.from({ length: 50 }, (_, i) => register(`orders-${i}`)));
    expect(new Set(replies.map(({ status }) => status))).to.deep.equal(new Set([200]));
    await eventually(async () => expect(await spansCounted('dropped')).to.be.greaterThan(50), 30_000);
    await server.stop();
    expect(logged('spans are dropped')).to.have.length(1);
  });

  it('keeps no more than it has room for while the collector hangs', async () => {
    collector.freeze();
    await start();
    const requests = 6_000;
    for (let sentSoFar = 0; sentSoFar < requests; sentSoFar += 100)
      await Promise.all(Array.from({ length: 100 }, () => server.get('/subjects')));
    // Each has its own span and that of a statement; what waits and what is under way is all that there is.
    const kept = 2_048 + 512;
    await eventually(async () => expect(await spansCounted('dropped')).to.be.at.least(2 * requests - kept));
    const started = performance.now();
    await server.stop();
    expect(performance.now() - started).to.be.lessThan(3_000);
    expect(logged('spans are dropped')).to.have.length(1);
  });
});

const missing = missingPostgres ?? missingRedis ?? missingS3;
(missing ? describe.skip : describe)(
  `tracing, with all that a server needs${missing ? ` (${missing})` : ''}`,
  () => {
    let postgres: TestPostgres;
    let redis: TestRedis;
    let s3: TestS3;
    let collector: TestCollector;

    before(async () => {
      [postgres, redis, s3] = await Promise.all([startPostgres(), startRedis(), startS3()]);
    });
    after(() => Promise.all([postgres?.stop(), redis?.stop(), s3?.remove()]));
    beforeEach(async () => {
      collector = await startCollector();
    });
    afterEach(() => collector.stop());

    it('follows a request to PostgreSQL and Redis, and gives the archive traces of its own', async () => {
      const environment = {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        DATABASE_URL: await postgres.createDatabase('traced'),
        REDIS_URL: redis.url,
        ...s3.createBucket('traced'),
      };
      const first = await startServer(environment);
      await first.ready;
      const { body } = await first.ask('POST', '/subjects/orders/versions', {
        schema: anAvroRecord('Order'),
      });
      await eventually(() => {
        const batches = collector.spans.filter(({ name }) => name === 'archive batch');
        expect(batches).not.to.deep.equal([]);
        expect(batches.filter(({ parentSpanId }) => parentSpanId)).to.deep.equal([]);
        const ids = new Set(batches.map(({ spanId }) => spanId));
        const puts = collector.spans.filter(({ name }) => name === 'S3.PutObject');
        expect(puts.filter(({ parentSpanId = '' }) => ids.has(parentSpanId))).not.to.deep.equal([]);
      });
      await first.stop();

      const second = await startServer(environment);
      await second.ready;
      await eventually(async () => expect((await second.get('/ready')).body.status).to.equal('up'));
      expect((await second.get(`/schemas/ids/${body.id}`, sampled)).status).to.equal(200);
      await second.stop();
      const steps = collector.spans.filter((span) => span.traceId === traceId && span.kind === 3);
      expect(new Set(steps.map(({ fields }) => fields['db.system.name']))).to.deep.equal(
        new Set(['postgresql', 'redis']),
      );
      expect(steps.map(({ fields }) => fields['db.operation.name'])).to.include.members(['SELECT', 'GET']);
    });

    it('keeps registrations that are written together in their own traces', async () => {
      const server = await startServer({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        DATABASE_URL: await postgres.createDatabase('together'),
      });
      await server.ready;
      const ids = Array.from({ length: 40 }, (_, i) => `${traceId.slice(2)}${(i + 16).toString(16)}`);
      await Promise.all(
        ids.map((id, i) =>
          server.ask(
            'POST',
            `/subjects/s${i}/versions`,
            { schema: anAvroRecord(`Order${i}`) },
            { traceparent: `00-${id}-${parentId}-01` },
          ),
        ),
      );
      await server.stop();
      const writers = collector.spans
        .filter(({ name }) => name.startsWith('addVersion'))
        .map((span) => span.traceId);
      expect(writers).not.to.deep.equal([]);
      // A batch is written in the trace of its first; the next one is not that one's doing.
      expect(new Set(writers).size).to.equal(writers.length);
    });

    it('is sent by each worker, to the last span', async () => {
      const server = await startRegistryProcess({
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        DATABASE_URL: await postgres.createDatabase('workers'),
        WORKERS: '2',
      });
      const ask = () => fetch(`${server.url}/subjects`, { headers: { Connection: 'close' } });
      for (let i = 0; i < 20; i += 1) expect((await ask()).status).to.equal(200);
      await server.stop();
      const spans = collector.spans.filter(({ kind }) => kind === 2);
      expect(spans).to.have.length(20);
      expect(new Set(spans.map(({ resource }) => resource['process.pid'])).size).to.equal(2);
    });
  },
);
