/**
 * `npm run bench:million [subjects]`: what a registry of 1,000,000 subjects does beside one of 1,000, in one run, on a
 * real PostgreSQL. The subjects are written straight into the tables, as registrations would have; a few minutes.
 */
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { startRegistryProcess } from '../build/registry-process.ts';
import { fillDatabase, nameOf, textOf } from './fill-database.ts';
import { aGet, aPost, type Load, load } from './load.ts';
import { serverFlags } from './server-flags.ts';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 5);
const CONNECTIONS = 32;

interface Registry {
  readonly subjects: number;
  readonly url: string;
  residentMegabytes(): Promise<number>;
  stop(): Promise<void>;
}

async function startRegistry(postgres: TestPostgres, subjects: number): Promise<Registry> {
  const databaseUrl = await postgres.createDatabase(`with_${subjects}`);
  const started = performance.now();
  await fillDatabase(databaseUrl, { subjects });
  const seconds = Math.round((performance.now() - started) / 1000);
  const starting = performance.now();
  const server = await startRegistryProcess({ DATABASE_URL: databaseUrl }, serverFlags);
  const readyMs = Math.round(performance.now() - starting);
  console.error(
    `${subjects.toLocaleString('en')} subjects: filled in ${seconds} s, ready after ${readyMs} ms`,
  );
  return {
    subjects,
    url: server.url,
    async residentMegabytes() {
      const text = await (await fetch(server.metricsUrl)).text();
      const bytes = Number(
        /^schema_registry_process_resident_memory_bytes(?:{[^}]*})? (\S+)/m.exec(text)?.[1],
      );
      return Math.round(bytes / 1024 / 1024);
    },
    stop: () => server.stop(),
  };
}

interface Operation {
  readonly title: string;
  readonly connections: number;
  readonly request: (subjects: number) => Buffer;
}

const any = (subjects: number) => 1 + Math.floor(Math.random() * subjects);
// A thousand of them, which every cache holds.
const hot = (subjects: number) => 1 + Math.floor(Math.random() * Math.min(1_000, subjects));
let last = 0;

const operations: readonly Operation[] = [
  { title: 'GET by id, hot', connections: CONNECTIONS, request: (all) => aGet(`/schemas/ids/${hot(all)}`) },
  { title: 'GET by id, any', connections: CONNECTIONS, request: (all) => aGet(`/schemas/ids/${any(all)}`) },
  {
    title: 'GET latest, any',
    connections: CONNECTIONS,
    request: (all) => aGet(`/subjects/${nameOf(any(all))}/versions/latest`),
  },
  {
    title: 'lookup, any',
    connections: CONNECTIONS,
    request: (all) => {
      const name = nameOf(any(all));
      return aPost(`/subjects/${name}`, { schema: textOf(name) });
    },
  },
  {
    title: 'register new',
    connections: CONNECTIONS,
    request: () => {
      last += 1;
      return aPost(`/subjects/new-${last}/versions`, { schema: textOf(`new-${last}`) });
    },
  },
  { title: 'list, first 100', connections: 8, request: () => aGet('/subjects?limit=100') },
  {
    title: 'list, 100 from the middle',
    connections: 8,
    request: (all) => aGet(`/subjects?limit=100&offset=${Math.floor(all / 2)}`),
  },
  {
    title: 'list, 100 by prefix',
    connections: 8,
    request: (all) => aGet(`/subjects?limit=100&subjectPrefix=${nameOf(any(all)).slice(0, -8)}`),
  },
  {
    title: 'schemas, 50 by prefix',
    connections: 8,
    request: (all) => aGet(`/schemas?limit=50&subjectPrefix=${nameOf(any(all)).slice(0, -8)}`),
  },
];

async function readWholeList({
  url,
}: Registry): Promise<{ seconds: number; names: number; megabytes: number }> {
  const started = performance.now();
  const text = await (await fetch(`${url}/subjects`)).text();
  const names = (JSON.parse(text) as unknown[]).length;
  return { names, megabytes: text.length / 1e6, seconds: (performance.now() - started) / 1000 };
}

const row = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`;
const shown = ({ perSecond, p50Ms, p99Ms }: Load) => [
  Math.round(perSecond).toLocaleString('en'),
  p50Ms.toFixed(2),
  p99Ms.toFixed(2),
];

async function main(subjects = 1_000_000): Promise<void> {
  if (missingPostgres !== undefined) throw new Error(missingPostgres);
  const postgres = await startPostgres();
  const running: Registry[] = [];
  try {
    for (const count of [1_000, subjects]) running.push(await startRegistry(postgres, count));
    const idle = await Promise.all(running.map((registry) => registry.residentMegabytes()));
    const titles = running.flatMap(({ subjects: count }) => [
      `${count.toLocaleString('en')} subjects, req/s`,
      'p50 ms',
      'p99 ms',
    ]);
    console.log(row(['operation', ...titles, 'ratio']));
    console.log(row(['---', ...titles.map(() => '---'), '---']));
    for (const { title, connections, request } of operations) {
      const loads: Load[] = [];
      for (const { url, subjects: count } of running) {
        await load({ url, connections, seconds: 1, request: () => request(count) });
        loads.push(await load({ url, connections, seconds: SECONDS, request: () => request(count) }));
      }
      const [few, many] = loads as [Load, Load];
      if (few.failed + many.failed > 0) console.error(`${title}: ${few.failed} and ${many.failed} failed`);
      console.log(row([title, ...loads.flatMap(shown), (many.perSecond / few.perSecond).toFixed(2)]));
    }
    for (const [i, registry] of running.entries()) {
      const before = await registry.residentMegabytes();
      const { names, megabytes, seconds } = await readWholeList(registry);
      const after = await registry.residentMegabytes();
      console.log(
        `\n${registry.subjects.toLocaleString('en')} subjects: memory ${idle[i]} MB idle, ${before} MB after the above; whole list of ${names.toLocaleString('en')} names (${megabytes.toFixed(1)} MB) in ${seconds.toFixed(1)} s, ${after} MB after it.`,
      );
    }
  } finally {
    for (const registry of running) await registry.stop();
    await postgres.stop();
  }
}

await main(process.argv[2] === undefined ? undefined : Number(process.argv[2]));
