import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eventually } from '../build/eventually.ts';
import type { TestPostgres } from '../build/postgres.ts';
import { end, findOnPath, freePort } from '../build/process.ts';
import { aPost, load } from './load.ts';
import { JSON_SUBJECT, SUBJECTS } from './operations.ts';
import { aJsonSchema, anAvroSchema } from './schemas.ts';
import { serverEnvironment } from './server-flags.ts';

/** Servers and load have a core each. */
export const isPinned = availableParallelism() > 1 && findOnPath('taskset') !== undefined;

export interface Usage {
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

export interface BenchServer {
  readonly url: string;
  readonly readyMs: number;
  readonly readUsage: () => Promise<Usage>;
  readonly stop: () => Promise<void>;
}

/** A program on the first core. */
function start(
  file: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
  flags: readonly string[],
) {
  // BENCH_NODE_OPTIONS=--cpu-prof says where the time goes.
  const options = (process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter((option) => option !== '');
  const command = [process.execPath, ...flags, ...options, file, ...args];
  const [program = '', ...rest] = isPinned ? ['taskset', '-c', '0', ...command] : command;
  return spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
  });
}

/** The schemas that `operations` ask for, on one connection, so that the n-th gets the id n. */
export async function seed(url: string): Promise<void> {
  const seeds = [
    ...Array.from({ length: SUBJECTS }, (_, n) =>
      aPost(`/subjects/s${n}/versions`, { schemaType: 'AVRO', schema: anAvroSchema(String(n)) }),
    ),
    aPost(`/subjects/${JSON_SUBJECT}/versions`, { schemaType: 'JSON', schema: aJsonSchema('0') }),
  ];
  const seeding = { url, connections: 1, seconds: 60, count: seeds.length };
  const { failed } = await load({ ...seeding, request: (n) => seeds[n] as Buffer });
  if (failed > 0) throw new Error(`${failed} schemas could not be registered`);
}

/** @param folder of the tree whose server it is, with the flags that it has there */
export async function startServer(
  folder: string,
  name: string,
  postgres: TestPostgres,
): Promise<BenchServer> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const { serverFlags } = (await import(
    pathToFileURL(join(folder, 'test/bench/server-flags.ts')).href
  )) as typeof import('./server-flags.ts');
  const environment = {
    ...serverEnvironment,
    DATABASE_URL: await postgres.createDatabase(name),
    SERVER_HOST: '127.0.0.1',
    SERVER_PORT: String(port),
    METRICS_PORT: String(metricsPort),
    GRPC_PORT: '0',
    GRACEFUL_SHUTDOWN_TIMEOUT: '0',
    LOG_LEVEL: 'warn',
  };
  const run = (verb: string) =>
    start(join(folder, 'registry-server/main.ts'), [verb], environment, serverFlags);
  await once(run('migrate'), 'exit');
  const startedMs = performance.now();
  const server = run('serve');
  server.stdout?.resume();
  await eventually(async () => {
    if ((await fetch(`${url}/ready`)).status !== 200) throw new Error('the server is not ready');
  }, 30_000);
  return {
    url,
    readyMs: performance.now() - startedMs,
    readUsage: () => readUsage(`http://127.0.0.1:${metricsPort}/metrics`),
    stop: () => end(server, 'SIGTERM'),
  };
}

/** A bare node:http server, which answers `/1000` by 1,000 bytes. */
export async function startBare(): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const child = start(fileURLToPath(new URL('./bare.ts', import.meta.url)), [], {}, []);
  const [url] = (await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')) as [
    string,
  ];
  return { url, child };
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
