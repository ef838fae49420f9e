/**
 * `npm run bench [part of a title]`: what the server does in one run beside bare node:http, on a real PostgreSQL that
 * writes through to its disk. On loopback; server and load on a core each where `taskset` is there. About a minute.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres } from '../build/postgres.ts';
import { end, findOnPath, freePort } from '../build/process.ts';
import { aGet, aPost, load } from './load.ts';
import { JSON_SUBJECT, operations, SUBJECTS } from './operations.ts';
import { aJsonSchema, anAvroSchema } from './schemas.ts';
import { serverEnvironment, serverFlags } from './server-flags.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2.5);
const BARE_SECONDS = SECONDS / 2;
const WARM_UP_SECONDS = 1;
const isPinned = availableParallelism() > 1 && findOnPath('taskset') !== undefined;

/** A program on the first core. */
function start(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  flags: readonly string[] = [],
): ChildProcess {
  // BENCH_NODE_OPTIONS=--cpu-prof says where the time goes.
  const options = (process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter((option) => option !== '');
  const command = [
    process.execPath,
    ...flags,
    ...options,
    fileURLToPath(new URL(file, import.meta.url)),
    ...args,
  ];
  const [program = '', ...rest] = isPinned ? ['taskset', '-c', '0', ...command] : command;
  return spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
}

interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

async function readUsage(metricsUrl: string): Promise<Usage> {
  const text = await (await fetch(metricsUrl)).text();
  const value = (name: string) => Number(new RegExp(`^schema_registry_${name} (\\S+)`, 'm').exec(text)?.[1]);
  return {
    cpuSeconds: value('process_cpu_seconds_total'),
    residentBytes: value('process_resident_memory_bytes'),
    heapBytes: value('nodejs_heap_size_used_bytes'),
  };
}

const megabytes = (bytes: number) => Math.round(bytes / 1024 / 1024);
const perSecond = (value: number) => Math.round(value).toLocaleString('en');

async function main(wanted = ''): Promise<void> {
  if (missingPostgres !== undefined) throw new Error(missingPostgres);
  if (isPinned) await once(spawn('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' }), 'exit');
  const postgres = await startPostgres();
  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
  const bare = start('./bare.ts', [JSON.stringify({ id: 1, schema: anAvroSchema('1') })]);
  const environment = {
    ...serverEnvironment,
    DATABASE_URL: await postgres.createDatabase('bench'),
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: String(port),
    METRICS_PORT: String(metricsPort),
    GRPC_PORT: '0',
    GRACEFUL_SHUTDOWN_TIMEOUT: '0',
    LOG_LEVEL: 'warn',
  };
  const startServer = (verb: string) =>
    start('../../registry-server/main.ts', [verb], environment, serverFlags);
  await once(startServer('migrate'), 'exit');
  const startedMs = performance.now();
  const server = startServer('serve');
  try {
    server.stdout?.resume();
    const [bareUrl] = (await once(
      createInterface({ input: bare.stdout as NodeJS.ReadableStream }),
      'line',
    )) as [string];
    await eventually(async () => {
      if ((await fetch(`${url}/ready`)).status !== 200) throw new Error('the server is not ready');
    }, 30_000);
    const readyMs = performance.now() - startedMs;
    const idle = await readUsage(metricsUrl);

    const seeds = [
      ...Array.from({ length: SUBJECTS }, (_, n) =>
        aPost(`/subjects/s${n}/versions`, { schemaType: 'AVRO', schema: anAvroSchema(String(n)) }),
      ),
      aPost(`/subjects/${JSON_SUBJECT}/versions`, { schemaType: 'JSON', schema: aJsonSchema('0') }),
    ];
    // On one connection, so that the n-th gets the id n.
    const seeding = { url, connections: 1, seconds: 60, count: seeds.length };
    const { failed } = await load({ ...seeding, request: (n) => seeds[n] as Buffer });
    if (failed > 0) throw new Error(`${failed} schemas could not be registered`);

    const bareOf = { GET: () => aGet('/'), POST: () => seeds[0] as Buffer };

    console.log(
      `Node ${process.version}, PostgreSQL with fsync, ${isPinned ? 'server on one core, load on another' : 'not pinned'}; records of 50 fields.`,
    );
    console.log(`Start to ready ${Math.round(readyMs)} ms; ${megabytes(idle.residentBytes)} MB idle.\n`);
    console.log(
      '| operation | req/s | bare node:http | ratio | p50 ms | p95 ms | p99 ms | server CPU µs | RSS MB | heap MB |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const { title, comparedWith, connections, request } of operations) {
      if (!title.includes(wanted)) continue;
      // Just before: a machine that others use too is not as fast in every minute.
      const bareLoad = { url: bareUrl, connections, request: bareOf[comparedWith] };
      await load({ ...bareLoad, seconds: BARE_SECONDS / 3 });
      const bareLoaded = await load({ ...bareLoad, seconds: BARE_SECONDS });
      const before = await readUsage(metricsUrl);
      const { loaded, answered } = await measure(url, connections, request);
      const after = await readUsage(metricsUrl);
      if (loaded.failed > 0) console.error(`${title}: ${loaded.failed} answers other than 200`);
      const cpu = ((after.cpuSeconds - before.cpuSeconds) / answered) * 1e6;
      console.log(
        row([
          title,
          perSecond(loaded.perSecond),
          perSecond(bareLoaded.perSecond),
          (loaded.perSecond / bareLoaded.perSecond).toFixed(2),
          ...[loaded.p50Ms, loaded.p95Ms, loaded.p99Ms].map(ms),
          String(Math.round(cpu)),
          String(megabytes(after.residentBytes)),
          String(megabytes(after.heapBytes)),
        ]),
      );
    }
  } finally {
    await end(server, 'SIGTERM');
    await end(bare, 'SIGTERM');
    await postgres.stop();
  }
}

const ms = (value: number) => value.toFixed(2);
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

async function measure(url: string, connections: number, request: (n: number) => Buffer) {
  const warmUp = await load({ url, connections, seconds: WARM_UP_SECONDS, request });
  const loaded = await load({ url, connections, seconds: SECONDS, request });
  return { loaded, answered: warmUp.answered + loaded.answered };
}

await main(process.argv[2]);
