/**
 * `npm run bench:restore [schemas…]`: how long it takes to ship a registry to its archive, to take a snapshot, to try it by a
 * drill, and to have the registry back on an empty database, on a real PostgreSQL with fsync and a real S3 on this machine; with requests,
 * bytes and memory. Four versions to a subject.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { startRegistryProcess } from '../build/registry-process.ts';
import { missingS3, startS3, type TestS3 } from '../build/s3.ts';
import { fillDatabase } from './fill-database.ts';
import { serverFlags } from './server-flags.ts';

const VERSIONS = 4;
const HOUR_MS = 3_600_000;
const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

/** Stands before the S3 and counts. */
async function startCounter(endpoint: string) {
  const { hostname, port } = new URL(endpoint);
  const counts = { requests: 0, bytes: 0 };
  const server = createServer((asked, answer) => {
    counts.requests += 1;
    asked.on('data', (chunk: Buffer) => {
      counts.bytes += chunk.length;
    });
    const { method, url: path, headers } = asked;
    const passed = request({ hostname, port, method, path, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers);
      found.on('data', (chunk: Buffer) => {
        counts.bytes += chunk.length;
      });
      found.pipe(answer);
    });
    passed.on('error', () => answer.destroy());
    asked.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    take() {
      const taken = { ...counts };
      Object.assign(counts, { requests: 0, bytes: 0 });
      return taken;
    },
    stop: () => server.close(),
  };
}

/** The most memory that a process had, in MB; looked at often, since nothing is told of one that has ended. */
function watchMemory(child: ChildProcess): () => number {
  let most = 0;
  const look = () => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      most = Math.max(most, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // It has ended.
    }
  };
  const timer = setInterval(look, 100);
  return () => {
    look();
    clearInterval(timer);
    return Math.round(most);
  };
}

async function runVerb(args: readonly string[], environment: Readonly<Record<string, string>>) {
  const started = performance.now();
  const child = spawn(process.execPath, [...serverFlags, main, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...environment },
  });
  const memory = watchMemory(child);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return { seconds: secondsSince(started), megabytes: memory() };
}

/** Until the server has done what `isDone` looks for. */
async function runServer(
  environment: Readonly<Record<string, string>>,
  isDone: (readiness: Readiness) => boolean,
) {
  const started = performance.now();
  const server = await startRegistryProcess({ LOG_LEVEL: 'warn', ...environment }, serverFlags, HOUR_MS);
  const memory = watchMemory(server.child);
  const ready = server.metricsUrl.replace('/metrics', '/ready');
  await eventually(async () => {
    if (!isDone((await (await fetch(ready)).json()) as Readiness)) throw new Error('not yet');
  }, HOUR_MS);
  const seconds = secondsSince(started);
  const megabytes = memory();
  await server.stop();
  return { seconds, megabytes };
}

interface Readiness {
  readonly status: string;
  readonly checks: { readonly archive?: { readonly isComplete?: boolean; readonly pending?: number } };
}

const secondsSince = (started: number) => Math.round(performance.now() - started) / 1000;
const row = (cells: readonly (string | number)[]) => console.log(`| ${cells.join(' | ')} |`);

function sizeOf(folder: string): { objects: number; megabytes: number } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return { objects: files.length, megabytes: Math.round(bytes / 1e5) / 10 };
}

async function measure(postgres: TestPostgres, s3: TestS3, schemas: number): Promise<void> {
  const bucket = s3.createBucket(`schemas-${schemas}`);
  const counter = await startCounter(bucket.S3_ENDPOINT ?? '');
  try {
    const archive = { ...bucket, S3_ENDPOINT: counter.url, REGISTRY_NAME: 'bench/registry' };
    const before = await postgres.createDatabase(`before_${schemas}`);
    await fillDatabase(before, { subjects: Math.ceil(schemas / VERSIONS), versions: VERSIONS });
    const say = (title: string, { seconds, megabytes }: { seconds: number; megabytes: number }) => {
      const { requests, bytes } = counter.take();
      row([schemas, title, seconds, requests, Math.round(bytes / 1e5) / 10, megabytes]);
    };
    const isShipped = ({ checks: { archive: at } }: Readiness) => at?.isComplete === true && at.pending === 0;
    say('ship everything', await runServer({ DATABASE_URL: before, ...archive }, isShipped));
    const { objects, megabytes } = sizeOf(s3.fileOf(bucket.S3_BUCKET ?? '', ''));
    console.log(`${objects} objects, ${megabytes} MB in the bucket`);
    for (const name of ['first', 'second']) {
      const taken = await runVerb(['archive', 'snapshots', 'take', name], {
        DATABASE_URL: before,
        ...archive,
      });
      say(`snapshot, the ${name}`, taken);
    }
    say('drill', await runVerb(['drill'], { DATABASE_URL: before, ...archive }));
    const after = await postgres.createDatabase(`after_${schemas}`);
    say(
      'restore, until it answers',
      await runServer({ DATABASE_URL: after, ...archive }, ({ status }) => status === 'up'),
    );
  } finally {
    counter.stop();
  }
}

const missing = missingPostgres ?? missingS3;
if (missing !== undefined) throw new Error(missing);
const given = process.argv.slice(2).map(Number);
const [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
try {
  row(['schemas', 'what', 'seconds', 'S3 requests', 'MB over the wire', 'most memory, MB']);
  row(['---', '---', '---', '---', '---', '---']);
  for (const schemas of given.length > 0 ? given : [1_000, 10_000, 100_000])
    await measure(postgres, s3, schemas);
} finally {
  await Promise.all([postgres.stop(), s3.remove()]);
}
