/**
 * `npm run bench:snapshots [schemas]`: what snapshots cost of a registry with so many subjects, each with a schema of a kilobyte:
 * seconds, requests to S3, bytes and memory of the server that takes them; and how long a rebuild and an undoing take.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openLog } from '../../registry-server/log.ts';
import { sqlStore } from '../../registry-server/store/sql-store.ts';
import { databases } from '../../registry-server/store/table.ts';
import { inParallel } from '../../registry-server/waiting/in-parallel.ts';
import { ask } from '../build/archived.ts';
import { startPostgres } from '../build/postgres.ts';
import { end, freePort } from '../build/process.ts';
import { startS3 } from '../build/s3.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));
const count = Number(process.argv[2] ?? 100_000);
const flags = ['--max-semi-space-size=16', '--heap-growing-percent=80'];

const schemaOf = (n: number) =>
  JSON.stringify({
    type: 'record',
    name: `Event${n}`,
    namespace: 'com.example.events',
    fields: Array.from({ length: 14 }, (_, field) => ({
      name: `field_${field}_of_${n}`,
      type: ['null', 'string'],
      default: null,
    })),
  });

const [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
const url = await postgres.createDatabase('measured');
const other = await postgres.createDatabase('rebuilt');
const port = await freePort();
const environment = {
  PATH: process.env.PATH ?? '',
  DATABASE_URL: url,
  REGISTRY_NAME: 'team-a/registry',
  SERVER_PORT: String(port),
  METRICS_PORT: '0',
  ENABLE_GRPC: 'false',
  LOG_FORMAT: 'json',
  ...s3.createBucket('measured'),
};
const database = databases.postgres(
  { url, minConnections: 1, maxConnections: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
  openLog({ level: 'error', format: 'json' }),
);
const store = sqlStore(database);
const since = (startedMs: number) => Math.round((performance.now() - startedMs) / 100) / 10;
const say = (what: string, fields: object) => console.log(`${what}: ${JSON.stringify(fields)}`);

async function fill(): Promise<void> {
  await store.migrate();
  const startedMs = performance.now();
  await inParallel(
    Array.from({ length: count }, (_, n) => n),
    64,
    async (n) => {
      const name = { context: '.', subject: `com.example.events.Event${n}-value` };
      const content = { schemaType: 'AVRO', schema: schemaOf(n), references: [] };
      for (;;) {
        const judgedAgainst = await store.readSubject(name, 'now');
        if (await store.addVersion({ name, judgedAgainst, content, targets: [] })) return;
      }
    },
  );
  say('registered', { count, seconds: since(startedMs), schemaBytes: schemaOf(count - 1).length });
}

/** A server, with what it logs of snapshots and the memory it had at most. */
function serve() {
  const child = spawn(process.execPath, [...flags, main, 'serve'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const taken: object[] = [];
  const log = createInterface({ input: child.stdout });
  log.on('line', (line) => {
    const { event, seconds, requests, bytes } = JSON.parse(line);
    if (event === 'snapshot taken') taken.push({ seconds, requests, bytes });
  });
  const memoryMb = (field: 'VmRSS' | 'VmHWM') => {
    const found = new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
    return Math.round(Number(found?.[1]) / 1024);
  };
  return { child, taken, memoryMb };
}

async function isShipped(): Promise<void> {
  for (;;) {
    const [row] = await ask<{ done: boolean }>(
      database,
      'select is_on and walk is null and not exists (select from outbox) as done from archive',
    );
    if (row?.done) return;
    await delay(500);
  }
}

/** A server ships, which takes the snapshots then. */
async function isHeld(): Promise<void> {
  for (;;) {
    const [row] = await ask<{ held: boolean }>(
      database,
      'select held_until > clock_timestamp() as held from archive',
    );
    if (row?.held) return;
    await delay(500);
  }
}

let seen = 0;
async function nextTaken(): Promise<object> {
  for (let tries = 0; tries < 50 && server.taken.length === seen; tries += 1) await delay(100);
  seen = server.taken.length;
  return server.taken.at(-1) ?? {};
}

const run = (...args: string[]) =>
  execFileSync(process.execPath, [...flags, main, ...args], {
    env: { ...environment, LOG_LEVEL: 'error', DATABASE_MIN_CONNECTIONS: '1' },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });

await fill();
let server = serve();
const startedMs = performance.now();
await isShipped();
say('shipped', { seconds: since(startedMs) });
await end(server.child, 'SIGTERM');
// Its memory is that of shipping; what a snapshot takes is asked of a server that has done nothing else.
server = serve();
await isHeld();
for (const name of ['first', 'second']) {
  const idleMb = server.memoryMb('VmRSS');
  run('archive', 'snapshots', 'take', name);
  say(`snapshot ${name}`, { ...(await nextTaken()), idleMb, mostMb: server.memoryMb('VmHWM') });
}
const changed = Array.from({ length: 100 }, (_, n) => `com.example.events.Event${n * 7}-value`);
for (const subject of changed) {
  for (const query of ['', '?permanent=true']) {
    await fetch(`http://127.0.0.1:${port}/subjects/${subject}${query}`, { method: 'DELETE' });
  }
}
await isShipped();
run('archive', 'snapshots', 'take', 'third');
say('snapshot after 100 subjects were removed', { ...(await nextTaken()), mostMb: server.memoryMb('VmHWM') });
const undoing = performance.now();
const lines = run('archive', 'restore', '--at', 'second').trim().split('\n');
say('undone', { seconds: since(undoing), says: lines.at(-1) });
await isShipped();
await end(server.child, 'SIGTERM');
const rebuilding = performance.now();
const rebuilt = execFileSync(
  process.execPath,
  [...flags, main, 'rebuild', '--from', 's3://measured/', '--at', 'second'],
  {
    env: { ...environment, DATABASE_URL: other, LOG_LEVEL: 'error' },
    encoding: 'utf8',
  },
);
say('rebuilt', { seconds: since(rebuilding), says: rebuilt.trim().split('\n').at(-2) });
await database.close();
await Promise.all([postgres.stop(), s3.remove()]);
