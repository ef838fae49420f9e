/**
 * `npm run bench [part of a title]`: what the server does in one run beside bare node:http, which sends as many bytes, on
 * a real PostgreSQL that writes through to its disk. On loopback; server and load on a core each where `taskset` is there.
 * About a minute. `npm run bench -- --against REF [part of a title]` has the server of a tag or commit do the same in turn.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openTree } from '../build/other-tree.ts';
import { missingPostgres, startPostgres } from '../build/postgres.ts';
import { end } from '../build/process.ts';
import { aGet, aPost, type Load, load } from './load.ts';
import { type Operation, operations, SUBJECTS } from './operations.ts';
import { anAvroSchema } from './schemas.ts';
import { type BenchServer, isPinned, seed, startBare, startServer, type Usage } from './servers.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2.5);
/** Rounds of two servers in turn: a machine that others use too is not as fast in every second. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const WARM_UP_SECONDS = 1;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { against: { type: 'string' } },
});
const [wanted = ''] = positionals;

/** What one server did in one operation. */
interface Measured {
  readonly loaded: Load;
  readonly bare: Load;
  readonly cpuMicroseconds: number;
  readonly usage: Usage;
}

if (missingPostgres !== undefined) throw new Error(missingPostgres);
if (isPinned) await once(spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' }), 'exit');
await using stack = new AsyncDisposableStack();
const postgres = await startPostgres();
stack.defer(() => postgres.stop());
const bare = await startBare();
stack.defer(() => end(bare.child, 'SIGTERM'));

const folders = [fileURLToPath(new URL('../../', import.meta.url))];
if (values.against !== undefined) {
  const other = await openTree(values.against);
  stack.defer(other.remove);
  folders.push(other.folder);
}
const servers: BenchServer[] = [];
for (const [index, folder] of folders.entries()) {
  const server = await startServer(folder, `bench_${index}`, postgres);
  stack.defer(server.stop);
  servers.push(server);
}
const idle = await Promise.all(servers.map((server) => server.readUsage()));
for (const { url } of servers) await seed(url);

const [first] = servers as [BenchServer];
console.log(
  `Node ${process.version}, PostgreSQL with fsync, ${isPinned ? 'server on one core, load on another' : 'not pinned'}; ${SUBJECTS.toLocaleString('en')} subjects, records of 50 fields; the bare server sends as many bytes.`,
);
for (const [index, { readyMs }] of servers.entries()) {
  const name = index === 0 ? 'this tree' : values.against;
  const { residentBytes } = idle[index] as Usage;
  console.log(`Start to ready of ${name}: ${Math.round(readyMs)} ms; ${megabytes(residentBytes)} MB idle.`);
}
await (servers.length === 1 ? measureOne(first) : compare(servers));

async function measureOne(server: BenchServer): Promise<void> {
  printRow([
    'operation',
    'req/s',
    'bare node:http',
    'ratio',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'p99 ms, bare',
    'server CPU µs',
    'RSS MB',
    'heap MB',
  ]);
  printRow(Array.from({ length: 11 }, () => '---'));
  for (const operation of chosen()) {
    const { loaded, bare, cpuMicroseconds, usage } = await measure(server, operation, SECONDS);
    printRow([
      operation.title,
      whole(loaded.perSecond),
      whole(bare.perSecond),
      ratio(loaded.perSecond, bare.perSecond),
      ...[loaded.p50Ms, loaded.p95Ms, loaded.p99Ms, bare.p99Ms].map((value) => value.toFixed(2)),
      whole(cpuMicroseconds),
      megabytes(usage.residentBytes),
      megabytes(usage.heapBytes),
    ]);
  }
}

/** Medians of rounds in turn; the ratio is the median of the ratios of each round. */
async function compare(servers: readonly BenchServer[]): Promise<void> {
  printRow([
    'operation',
    'req/s',
    'before',
    'ratio',
    'lowest, highest',
    'of bare',
    'before',
    'p99 ms',
    'before',
    'CPU µs',
    'before',
    'RSS MB',
    'before',
  ]);
  printRow(Array.from({ length: 13 }, () => '---'));
  for (const operation of chosen()) {
    const rounds: Measured[][] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const measured: Measured[] = [];
      for (const server of servers) measured.push(await measure(server, operation, SECONDS / 2));
      rounds.push(measured);
    }
    const both = (value: (measured: Measured) => number): [number, number] => {
      const of = (index: number) => median(rounds.map((measured) => value(measured[index] as Measured)));
      return [of(0), of(1)];
    };
    const ratios = rounds
      .map(([now, before]) => (now?.loaded.perSecond ?? 0) / (before?.loaded.perSecond ?? 1))
      .toSorted((a, b) => a - b);
    printRow([
      operation.title,
      ...both(({ loaded }) => loaded.perSecond).map(whole),
      median(ratios).toFixed(2),
      `${ratios[0]?.toFixed(2)}, ${ratios.at(-1)?.toFixed(2)}`,
      ...both(({ loaded, bare }) => loaded.perSecond / bare.perSecond).map((value) => value.toFixed(2)),
      ...both(({ loaded }) => loaded.p99Ms).map((value) => value.toFixed(2)),
      ...both(({ cpuMicroseconds }) => cpuMicroseconds).map(whole),
      ...both(({ usage }) => usage.residentBytes).map(megabytes),
    ]);
  }
}

async function measure(server: BenchServer, operation: Operation, seconds: number): Promise<Measured> {
  const { title, comparedWith, connections, request } = operation;
  const { url, readUsage } = server;
  const warmUp = await load({ url, connections, seconds: WARM_UP_SECONDS, request });
  // Just before: a machine that others use too is not as fast in every minute.
  const path = `/${warmUp.bodyBytes}`;
  const bareRequest = comparedWith === 'GET' ? aGet(path) : aPost(path, { schema: anAvroSchema('0') });
  const bareLoad = { url: bare.url, connections, request: () => bareRequest };
  await load({ ...bareLoad, seconds: seconds / 6 });
  const bareLoaded = await load({ ...bareLoad, seconds: seconds / 2 });
  const before = await readUsage();
  const loaded = await load({ url, connections, seconds, request });
  const usage = await readUsage();
  if (loaded.failed > 0) console.error(`${title}: ${loaded.failed} answers other than 200`);
  const cpuMicroseconds = ((usage.cpuSeconds - before.cpuSeconds) / loaded.answered) * 1e6;
  return { loaded, bare: bareLoaded, cpuMicroseconds, usage };
}

function chosen(): readonly Operation[] {
  return operations.filter(({ title }) => title.includes(wanted));
}

function printRow(cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function megabytes(bytes: number): string {
  return String(Math.round(bytes / 1024 / 1024));
}

function ratio(value: number, other: number): string {
  return (value / other).toFixed(2);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}
