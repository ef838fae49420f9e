import { createServer } from 'node:http';
import { expect } from 'chai';
import { closeServer, listen, urlOf } from '../../../registry-server/listening/listen.ts';
import { openLog } from '../../../registry-server/log.ts';
import { type Measured, readMeasured } from '../../../registry-server/metrics/measured.ts';
import { openMetrics } from '../../../registry-server/metrics/metrics.ts';
import { metricsListener } from '../../../registry-server/metrics/metrics-listener.ts';
import { openWorkerMetrics } from '../../../registry-server/metrics/worker-metrics.ts';
import { eventually } from '../../build/eventually.ts';
import { idleSources } from '../../build/metrics.ts';
import { freePort } from '../../build/process.ts';
import { startRegistryProcess } from '../../build/registry-process.ts';

const idle = { open: 0, idle: 0, waiting: 0, max: 7 };

/** What a worker counted that answered so many requests. */
async function measuredBy(requests: number): Promise<Measured> {
  const metrics = openMetrics({ ...idleSources, poolUsage: () => idle });
  for (let n = 0; n < requests; n += 1) metrics.request('/subjects', 'GET', 200, 0.01);
  metrics.registration('added');
  // As it comes over the line between processes.
  return JSON.parse(JSON.stringify(await metrics.measure())) as Measured;
}

describe('the metrics of workers', () => {
  const readValue = (text: string, name: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(name))
        ?.split(' ')
        .at(-1),
    );

  it('keep what workers counted that died again and again, and nothing grows with them', async () => {
    const alive = await measuredBy(3);
    const metrics = openWorkerMetrics(
      () => ({ alive: 1, wanted: 1 }),
      async () => [alive],
    );
    const before = await metrics.write();
    const dead = await measuredBy(5);
    const sizes: number[] = [];
    for (let died = 1; died <= 60; died += 1) {
      metrics.keep(dead);
      metrics.restarted();
      if (died % 20 !== 0) continue;
      const text = await metrics.write();
      sizes.push(text.split('\n').length);
      expect(readValue(text, 'schema_registry_http_requests_total{')).to.equal(3 + 5 * died);
      expect(readValue(text, 'schema_registry_http_request_duration_seconds_count{')).to.equal(3 + 5 * died);
      expect(readValue(text, 'schema_registry_registrations_total{outcome="added"}')).to.equal(1 + died);
      // Gauges are of those that live.
      expect(readValue(text, 'schema_registry_db_connections{state="max"}')).to.equal(7);
    }
    expect(new Set(sizes)).to.deep.equal(new Set([before.split('\n').length]));
  });

  it('are sums, but for what each of them sees of the same database', async () => {
    const measuredBy = async (subjects: number) =>
      openMetrics({
        ...idleSources,
        poolUsage: () => ({ open: 3, idle: 1, waiting: 0, max: 5 }),
        cacheUsage: () => [{ cache: 'schemas', entries: 4, bytes: 100 }],
        holdings: () => ({
          subjects: { live: subjects, deleted: 0 },
          types: [{ type: 'AVRO', schemas: subjects, versions: { live: subjects, deleted: 0 } }],
        }),
      }).measure();
    const workers = [await measuredBy(6), await measuredBy(7)];
    const text = await openWorkerMetrics(
      () => ({ alive: 2, wanted: 2 }),
      async () => workers,
    ).write();
    expect(text.split('\n')).to.include.members([
      'schema_registry_db_connections{state="open"} 6',
      'schema_registry_cache_entries{cache="schemas"} 8',
      'schema_registry_subjects{state="live"} 7',
      'schema_registry_schemas{type="AVRO"} 7',
      'schema_registry_versions{type="AVRO",state="live"} 7',
    ]);
  });

  it('are those of the others when one sends what is none', async () => {
    const sound = await measuredBy(2);
    for (const junk of [
      undefined,
      null,
      7,
      'x',
      {},
      [null],
      [{ name: 'x' }],
      [{ name: 1, help: '', type: '', values: [] }],
    ]) {
      expect(readMeasured(junk)).to.deep.equal([]);
    }
    expect(readMeasured(sound)).to.deep.equal(sound);
  });
});

describe('/metrics', () => {
  it('is 500 and in the log when the metrics cannot be written, and the server goes on', async () => {
    const lines: string[] = [];
    let fails = true;
    const metrics = {
      contentType: 'text/plain',
      async write() {
        if (fails) throw new Error('no worker answers');
        return 'up 1\n';
      },
    };
    const log = openLog({ level: 'info', format: 'json' }, (line) => lines.push(line));
    const server = createServer(
      metricsListener({ metrics, readiness: () => Promise.reject(new Error('is not asked')), log }),
    );
    await listen(server, 0, '127.0.0.1');
    try {
      expect((await fetch(`${urlOf(server)}/metrics`)).status).to.equal(500);
      expect(lines.join('')).to.include('no worker answers');
      fails = false;
      const answer = await fetch(`${urlOf(server)}/metrics`);
      expect([answer.status, await answer.text()]).to.deep.equal([200, 'up 1\n']);
    } finally {
      await closeServer(server, 0);
    }
  });

  it('tells what is there, what clients sent, how long the database took, and what memory holds', async () => {
    const server = await startRegistryProcess();
    const send = async (path: string, body: object, method = 'POST') =>
      (
        await fetch(server.url + path, {
          method,
          headers: { 'Content-Type': 'application/json' },
          ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
        })
      ).status;
    const avro = (fields: string) => `{"type":"record","name":"R","fields":[${fields}]}`;
    try {
      expect(await send('/subjects/a/versions', { schema: avro('') })).to.equal(200);
      expect(await send('/subjects/a/versions', { schema: '{"type":"nonsense"}' })).to.equal(422);
      // A type that a client makes up makes no series.
      expect(await send('/subjects/a/versions', { schema: '1', schemaType: 'MINE' })).to.equal(422);
      const message = { schema: 'syntax = "proto3"; message M {}', schemaType: 'PROTOBUF' };
      expect(await send('/subjects/p/versions', message)).to.equal(200);
      expect(await send('/subjects/p', {}, 'DELETE')).to.equal(200);
      expect((await fetch(`${server.url}/schemas/ids/1`)).status).to.equal(200);
      await eventually(async () => {
        const lines = (await (await fetch(server.metricsUrl)).text()).split('\n');
        expect(lines).to.include.members([
          'schema_registry_subjects{state="live"} 1',
          'schema_registry_subjects{state="deleted"} 1',
          'schema_registry_schemas{type="AVRO"} 1',
          'schema_registry_schemas{type="PROTOBUF"} 1',
          'schema_registry_versions{type="AVRO",state="live"} 1',
          'schema_registry_versions{type="PROTOBUF",state="deleted"} 1',
          'schema_registry_validations_total{type="AVRO",result="valid"} 1',
          'schema_registry_validations_total{type="AVRO",result="invalid"} 1',
          'schema_registry_validations_total{type="PROTOBUF",result="valid"} 1',
        ]);
        const text = lines.join('\n');
        expect(text).to.match(/_db_statement_duration_seconds_count\{statement="addVersions?"\} [1-9]/);
        expect(text).to.match(/_cache_entries\{cache="schemas"\} [1-9]/);
        expect(text).to.match(/_cache_size_bytes\{cache="schemas"\} [1-9]/);
        expect(text).not.to.include('MINE');
      });
    } finally {
      await server.stop();
    }
  });

  it('counts from the first moment on: what fails while the server starts does not end it', async () => {
    const [redis, s3, collector] = [await freePort(), await freePort(), await freePort()];
    // The parts are opened one after the other, and some of them fail before the last is there.
    const server = await startRegistryProcess({
      REDIS_URL: `redis://127.0.0.1:${redis}`,
      S3_BUCKET: 'none',
      S3_ENDPOINT: `http://127.0.0.1:${s3}`,
      S3_ACCESS_KEY_ID: 'x',
      S3_SECRET_ACCESS_KEY: 'x',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector}`,
    });
    try {
      await eventually(async () => {
        const text = await (await fetch(server.metricsUrl)).text();
        expect(text).to.match(/^schema_registry_redis_errors_total [1-9]/m);
        expect(text).to.match(/^schema_registry_s3_outbox_rows \d/m);
      });
      expect(server.output()).not.to.match(/ReferenceError|before initialization/);
    } finally {
      await server.stop();
    }
  });
});
