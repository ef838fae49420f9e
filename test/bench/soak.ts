/**
 * `npm run bench:soak`: what memory does through an hour of mixed load, with junk among it: real registrations, lookups,
 * checks, lists and deletes, beside bodies that are none, names that are too long, contexts that do not exist, media types
 * that are malformed and calls that never end. On a real PostgreSQL, with a heap of 300 MB. BENCH_MINUTES, TEST_SEED.
 */
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { openGrpcClient } from '../build/grpc.ts';
import { missingPostgres, startPostgres } from '../build/postgres.ts';
import { pick, type Random, seeded } from '../build/random.ts';
import { startRegistryProcess } from '../build/registry-process.ts';
import { serverFlags } from './server-flags.ts';

const MINUTES = Number(process.env.BENCH_MINUTES ?? 60);
/** Each asks, waits and asks again, so that the machine stays usable meanwhile. */
const CLIENTS = 6;
const PAUSE_MS = 8;
/** Subjects come and go; so many are there at once. */
const SUBJECTS = 2_000;

if (missingPostgres !== undefined) throw new Error(missingPostgres);
const postgres = await startPostgres();
const random = seeded();
const server = await startRegistryProcess(
  { DATABASE_URL: await postgres.createDatabase('soak'), REQUEST_TIMEOUT: '5', CACHE_MAX_SIZE: '5000' },
  ['--max-old-space-size=300', ...serverFlags],
);
const grpc = openGrpcClient(server.grpcAddress);
const answers = new Map<string, number>();

const note = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(server.url + path, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  });
  await response.arrayBuffer();
  note(String(response.status));
}

async function call(method: string, request: object): Promise<void> {
  note(`gRPC ${(await grpc.call(method, request)).code}`);
}

const subjectOf = ({ below }: Random) => `soak-${below(SUBJECTS)}`;
const text = (from: Random) => {
  const fields = Array.from({ length: 1 + from.below(20) }, (_, n) => `f${n}_${from.below(50)}`);
  return {
    AVRO: JSON.stringify({
      type: 'record',
      name: 'R',
      fields: fields.map((name) => ({ name, type: 'int', default: 0 })),
    }),
    JSON: JSON.stringify({
      type: 'object',
      properties: Object.fromEntries(fields.map((name) => [name, { type: 'string' }])),
    }),
    PROTOBUF: `syntax = "proto3"; message R { ${fields.map((name, n) => `string ${name} = ${n + 1};`).join(' ')} }`,
  };
};
const schema = (from: Random) => {
  const schemaType = pick(from, ['AVRO', 'JSON', 'PROTOBUF'] as const);
  return { schemaType, schema: text(from)[schemaType] };
};
const long = (from: Random) => `${from.below(2 ** 30)}-`.padEnd(1 + from.below(50_000), 'x');

/** What one client may do next. */
const deeds: readonly ((from: Random) => Promise<unknown>)[] = [
  (from) => ask('POST', `/subjects/${subjectOf(from)}/versions`, schema(from)),
  (from) => ask('POST', `/subjects/${subjectOf(from)}/versions?normalize=true`, schema(from)),
  (from) => ask('POST', `/subjects/${subjectOf(from)}`, schema(from)),
  (from) =>
    ask('POST', `/compatibility/subjects/${subjectOf(from)}/versions/latest?verbose=true`, schema(from)),
  (from) => ask('GET', `/subjects/${subjectOf(from)}/versions/latest`),
  (from) => ask('GET', `/schemas/ids/${from.below(100_000)}`),
  (from) => ask('GET', `/subjects?offset=${from.below(1_000)}&limit=50`),
  (from) => ask('GET', `/schemas?aliases=true&offset=${from.below(2 ** 31)}&limit=20`),
  (from) =>
    ask('PUT', `/config/${subjectOf(from)}`, { compatibility: pick(from, ['NONE', 'BACKWARD', 'FULL']) }),
  (from) => ask('DELETE', `/subjects/${subjectOf(from)}`),
  (from) => ask('DELETE', `/subjects/${subjectOf(from)}?permanent=true`),
  (from) => call('SubjectService/GetVersion', { subject: subjectOf(from), latest: true }),
  (from) => call('SchemaService/RegisterSchema', { subject: subjectOf(from), schema: { schema: '"int"' } }),
  // Junk.
  (from) => ask('POST', `/subjects/${subjectOf(from)}?junk=${long(from)}`, schema(from)),
  (from) => ask('POST', `/subjects/${subjectOf(from)}`, `{"schema": "${long(from)}`),
  (from) => ask('POST', `/subjects/${subjectOf(from)}/versions`, { schema: long(from) }),
  (from) => ask('GET', `/subjects/${long(from)}/versions`),
  (from) => ask('GET', `/config/:.${long(from)}:`),
  (from) => ask('GET', `/schemas/guids/${long(from)}`),
  (from) => ask('GET', '/subjects', undefined, { Accept: `a/b;q=${long(from)}` }),
  (from) => call('ConfigService/GetConfig', { subject: long(from).repeat(10) }),
  async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write(
      `POST /subjects/slow/versions HTTP/1.1\r\nHost: slow\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(60_000)}`,
    );
    setTimeout(() => socket.destroy(), 7_000);
    note('never ends');
  },
  async () => {
    const session = connectHttp2(`http://${server.grpcAddress}`).on('error', () => {});
    const stream = session.request({
      ':method': 'POST',
      ':path': '/llm_schema_registry.v1.SchemaService/RegisterSchema',
      'content-type': 'application/grpc',
    });
    stream
      .on('error', () => {})
      .resume()
      .write(Buffer.from([0, 0, 15, 0, 0, ...Buffer.alloc(60_000)]));
    setTimeout(() => session.destroy(), 7_000);
    note('gRPC never ends');
  },
];
/** Seldom: each leaves something open for seconds. */
const SELDOM = 2;

async function measured(): Promise<{ heap: number; outside: number; rss: number }> {
  const metrics = await (await fetch(server.metricsUrl)).text();
  const megabytes = (name: string) =>
    Math.round(
      Number(new RegExp(`^schema_registry_${name}_bytes(?:\\{.*\\})? (\\S+)`, 'm').exec(metrics)?.[1]) /
        2 ** 20,
    );
  return {
    heap: megabytes('nodejs_heap_size_used'),
    outside: megabytes('nodejs_external_memory'),
    rss: megabytes('process_resident_memory'),
  };
}

const endsAtMs = performance.now() + MINUTES * 60_000;
const clients = Array.from({ length: CLIENTS }, async () => {
  while (performance.now() < endsAtMs) {
    const isSeldom = random.below(300) === 0;
    const at = isSeldom ? deeds.length - 1 - random.below(SELDOM) : random.below(deeds.length - SELDOM);
    await deeds[at]?.(random);
    await delay(PAUSE_MS);
  }
});
console.log(`TEST_SEED=${random.seed}, ${MINUTES} minutes, ${CLIENTS} clients, a heap of 300 MB\n`);
console.log(
  '| minute | heap MB | outside the heap MB | resident MB | requests |\n| --- | --- | --- | --- | --- |',
);
const resident: number[] = [];
for (let minute = 1; minute <= MINUTES; minute++) {
  await delay(60_000);
  const { heap, outside, rss } = await measured();
  resident.push(rss);
  const requests = [...answers.values()].reduce((sum, count) => sum + count, 0);
  console.log(`| ${minute} | ${heap} | ${outside} | ${rss} | ${requests} |`);
}
await Promise.all(clients);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const sixth = Math.max(1, Math.floor(MINUTES / 6));
console.log(
  `\nresident, median of minutes ${sixth + 1} to ${2 * sixth}: ${median(resident.slice(sixth, 2 * sixth))} MB; of the last ${sixth}: ${median(resident.slice(-sixth))} MB`,
);
console.log(
  `answers: ${[...answers]
    .sort()
    .map(([answer, count]) => `${answer}: ${count}`)
    .join(', ')}`,
);
console.log(`the server ${server.child.exitCode === null ? 'lives' : `ended with ${server.child.exitCode}`}`);
grpc.close();
await server.stop();
await postgres.stop();
