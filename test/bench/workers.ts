/**
 * `npm run bench:workers [part of a title]`: what two workers do beside one, and beside bare node:http with one and two,
 * all in one run. Nothing is pinned: on a machine with two cores the load has its share of both, for all alike.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { missingPostgres, startPostgres } from '../build/postgres.ts';
import { end } from '../build/process.ts';
import { startRegistryProcess } from '../build/registry-process.ts';
import { aGet, aPost, load } from './load.ts';
import { operations, SUBJECTS } from './operations.ts';
import { anAvroSchema } from './schemas.ts';
import { seed } from './servers.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 2.5);
const ROUNDS = 3;
const WARM_UP_SECONDS = 10;
const counts = [1, 2] as const;

async function startBare(workers: number): Promise<{ url: string; child: ChildProcess }> {
  const file = fileURLToPath(new URL('./bare.ts', import.meta.url));
  const child = spawn(process.execPath, [file, String(workers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { url, child };
}

/** Of a process and its children, since they began; NaN where the system does not say. In ticks of 10 ms. */
function cpuMicroseconds(pid: number | undefined): number {
  if (pid === undefined || !existsSync(`/proc/${pid}/stat`)) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').trim().split(' ').filter(Boolean),
  );
  const own = (Number(fields[11]) + Number(fields[12])) * 10_000;
  return children.reduce((sum, child) => sum + cpuMicroseconds(Number(child)), own);
}

async function main(wanted = ''): Promise<void> {
  if (missingPostgres !== undefined) throw new Error(missingPostgres);
  const postgres = await startPostgres();
  const bare = await Promise.all(counts.map(startBare));
  const servers = await Promise.all(
    counts.map(async (workers) => {
      const database = await postgres.createDatabase(`workers_${workers}`);
      return startRegistryProcess({ DATABASE_URL: database, WORKERS: String(workers) });
    }),
  );
  try {
    for (const { url } of servers) await seed(url);

    console.log(
      `Node ${process.version}, ${availableParallelism()} cores, load on the same; medians of ${ROUNDS}.`,
    );
    console.log(
      '| operation | 1 worker, req/s | 2 workers | gain | bare node:http, 1 | bare, 2 | gain | of bare, 1 | of bare, 2 | CPU µs, 1 worker | 2 workers |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |',
    );
    for (const { title, comparedWith, connections, request } of operations) {
      if (!title.includes(wanted) || connections === 1) continue;
      const [{ url }] = servers as [(typeof servers)[number]];
      const path = `/${(await load({ url, connections, seconds: 1, request })).bodyBytes}`;
      const bareBytes = comparedWith === 'GET' ? aGet(path) : aPost(path, { schema: anAvroSchema('0') });
      const bareRequest = () => bareBytes;
      const targets = [
        ...servers.map(({ url, child }) => ({ url, request, pid: child.pid })),
        ...bare.map(({ url, child }) => ({ url, request: bareRequest, pid: child.pid })),
      ];
      // Until each worker has met each subject: only the one that took the seeds knows them already.
      const warmUp = { connections, seconds: WARM_UP_SECONDS, count: SUBJECTS * 20 };
      for (const target of targets) await load({ ...target, ...warmUp });
      const perSecond: number[][] = targets.map(() => []);
      const cpu: number[][] = targets.map(() => []);
      // In turns: a machine that others use too is not as fast in every minute.
      for (let round = 0; round < ROUNDS; round += 1) {
        for (const [index, target] of targets.entries()) {
          const before = cpuMicroseconds(target.pid);
          const loaded = await load({ ...target, connections, seconds: SECONDS / 2 });
          cpu[index]?.push((cpuMicroseconds(target.pid) - before) / loaded.answered);
          if (loaded.failed > 0) console.error(`${title}: ${loaded.failed} answers other than 200`);
          perSecond[index]?.push(loaded.perSecond);
        }
      }
      const [one, two, bareOne, bareTwo] = perSecond.map(median) as [number, number, number, number];
      const cells = [title, whole(one), whole(two), times(two / one), whole(bareOne), whole(bareTwo)];
      const ratios = [times(bareTwo / bareOne), (one / bareOne).toFixed(2), (two / bareTwo).toFixed(2)];
      const costs = cpu.slice(0, counts.length).map((each) => whole(median(each)));
      console.log(`| ${[...cells, ...ratios, ...costs].join(' | ')} |`);
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(bare.map(({ child }) => end(child, 'SIGTERM')));
    await postgres.stop();
  }
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const times = (value: number) => `${value.toFixed(2)}x`;
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

await main(process.argv[2]);
