import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import pg from 'pg';
import { eventually } from '../build/eventually.ts';
import { missingPostgres, startPostgres, type TestPostgres } from '../build/postgres.ts';
import { freePort } from '../build/process.ts';

const main = fileURLToPath(new URL('../../registry-server/main.ts', import.meta.url));

/** Seconds for requests to end, and what a cluster gives beyond them before it kills (operator/desired/deployment.ts). */
const DRAIN_SECONDS = 1;
const GRACE_SECONDS = DRAIN_SECONDS + 20;

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly metricsUrl: string;
  readonly lines: () => readonly { readonly event?: string; readonly [field: string]: unknown }[];
  readonly output: () => string;
}

/** A database as it is at the moment when the signal comes. */
interface Setting {
  readonly environment: Readonly<Record<string, string>>;
  /** The phase is reached. */
  readonly isThere: (running: Running) => Promise<unknown>;
  readonly end?: () => Promise<unknown>;
}

/** Something that takes connections and says nothing. */
async function openSilence(): Promise<{ port: number; sockets: Set<Socket>; server: Server }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, sockets, server };
}

describe(`SIGTERM${missingPostgres ? ` (skipped: ${missingPostgres})` : ''}`, () => {
  let postgres: TestPostgres;
  let databases = 0;
  const started = new Set<ChildProcess>();

  before(async function () {
    if (missingPostgres) return this.skip();
    postgres = await startPostgres();
  });
  afterEach(() => {
    for (const child of started) child.kill('SIGKILL');
    started.clear();
  });
  after(() => postgres?.stop());

  async function aDatabase(): Promise<{ url: string; client: pg.Client }> {
    databases += 1;
    const url = await postgres.createDatabase(`end_${databases}`);
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return { url, client };
  }

  async function start(environment: Readonly<Record<string, string>>): Promise<Running> {
    const [port, grpcPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
    const child = spawn(process.execPath, [main, 'serve'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        SERVER_HOST: '127.0.0.1',
        SERVER_PORT: String(port),
        GRPC_PORT: String(grpcPort),
        METRICS_PORT: String(metricsPort),
        GRACEFUL_SHUTDOWN_TIMEOUT: String(DRAIN_SECONDS),
        DATABASE_MIN_CONNECTIONS: '1',
        DATABASE_MAX_CONNECTIONS: '6',
        ...environment,
      },
    });
    started.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    const lines = () =>
      output
        .split('\n')
        .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line)] : []));
    return {
      child,
      url: `http://127.0.0.1:${port}`,
      metricsUrl: `http://127.0.0.1:${metricsPort}`,
      lines,
      output: () => output,
    };
  }

  const isReady = ({ url }: Running) =>
    fetch(`${url}/ready`).then(({ status }) => expect(status).to.equal(200));
  const workersOf = ({ lines }: Running) =>
    lines().flatMap(({ event, pid }) => (event === 'worker started' ? [Number(pid)] : []));
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  /** Each begins a phase that lasts, so that the signal comes within it. */
  const phases: Readonly<Record<string, (workers: number) => Promise<Setting>>> = {
    async 'at its very beginning'() {
      const { url, client } = await aDatabase();
      return { environment: { DATABASE_URL: url }, isThere: async () => {}, end: () => client.end() };
    },
    async 'waiting for a database that refuses'() {
      const port = await freePort();
      return {
        environment: { DATABASE_URL: `postgres://registry:x@127.0.0.1:${port}/none` },
        isThere: ({ output }) =>
          eventually(() => expect(output()).to.include('waiting for the database'), 20_000),
      };
    },
    async 'waiting for a database that does not answer'() {
      const { port, sockets, server } = await openSilence();
      return {
        environment: { DATABASE_URL: `postgres://registry:x@127.0.0.1:${port}/none` },
        isThere: () => eventually(() => expect(sockets.size).to.be.greaterThan(0), 20_000),
        async end() {
          for (const socket of sockets) socket.destroy();
          server.close();
        },
      };
    },
    async migrating() {
      const { url, client } = await aDatabase();
      await client.query(`create function dawdle() returns event_trigger language plpgsql as $$
        begin perform pg_sleep(60); end $$`);
      await client.query(`create event trigger dawdle on ddl_command_start when tag in ('CREATE SEQUENCE')
        execute function dawdle()`);
      const holders = async () =>
        (
          await client.query(`select from pg_locks where locktype = 'advisory' and objid = 7000 and granted
          and database = (select oid from pg_database where datname = current_database())`)
        ).rowCount;
      return {
        environment: { DATABASE_URL: url },
        isThere: () => eventually(async () => expect(await holders()).to.equal(1), 20_000),
        async end() {
          // Nobody is left who would go on with it.
          await eventually(async () => expect(await holders()).to.equal(0));
          await client.end();
        },
      };
    },
    async 'waiting for the migrations of another'() {
      const { url, client } = await aDatabase();
      await client.query('select pg_advisory_lock(7000)');
      const waiting = async () =>
        (
          await client.query(
            `select from pg_locks where locktype = 'advisory' and objid = 7000 and not granted`,
          )
        ).rowCount;
      return {
        environment: { DATABASE_URL: url },
        isThere: () => eventually(async () => expect(await waiting()).to.be.greaterThan(0), 20_000),
        async end() {
          await eventually(async () => expect(await waiting()).to.equal(0));
          await client.end();
        },
      };
    },
    async serving() {
      const { url, client } = await aDatabase();
      return {
        environment: { DATABASE_URL: url },
        isThere: (running) => eventually(() => isReady(running), 20_000),
        end: () => client.end(),
      };
    },
    async 'serving, while its database answers no more'() {
      const { url, client } = await aDatabase();
      return {
        environment: { DATABASE_URL: url },
        async isThere(running) {
          await eventually(() => isReady(running), 20_000);
          // What is asked of the table waits for us.
          await client.query('begin');
          await client.query('lock table subjects in access exclusive mode');
          void fetch(`${running.url}/subjects`).catch(() => {});
          await eventually(async () => {
            const { rowCount } = await client.query('select from pg_locks where not granted');
            expect(rowCount).to.be.greaterThan(0);
          });
        },
        end: () => client.end(),
      };
    },
    async 'draining, when it comes again'() {
      const { url, client } = await aDatabase();
      const agent = new Agent({ keepAlive: true });
      return {
        environment: { DATABASE_URL: url, GRACEFUL_SHUTDOWN_TIMEOUT: '3' },
        async isThere(running) {
          await eventually(() => isReady(running), 20_000);
          await once(
            get(`${running.url}/subjects`, { agent }).on('response', (r) => r.resume()),
            'close',
          );
          for (const pid of [running.child.pid as number, ...workersOf(running)])
            process.kill(pid, 'SIGTERM');
          await eventually(() => expect(running.output()).to.include('"draining"'));
          for (const pid of workersOf(running)) process.kill(pid, 'SIGTERM');
        },
        async end() {
          agent.destroy();
          await client.end();
        },
      };
    },
  };

  async function endsInOrder(running: Running, isExpected = [0]): Promise<void> {
    const { child } = running;
    const exited = once(child, 'exit');
    const workers = workersOf(running);
    const sentAt = performance.now();
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), GRACE_SECONDS * 1000);
    const [code, signal] =
      child.exitCode === null && child.signalCode === null
        ? await exited
        : [child.exitCode, child.signalCode];
    clearTimeout(late);
    const took = performance.now() - sentAt;
    expect([code, signal], `after ${Math.round(took)} ms: ${running.output()}`).to.satisfy(
      ([exit, by]: [number | null, string | null]) =>
        isExpected.includes(exit ?? -1) || (isExpected.includes(143) && by === 'SIGTERM'),
    );
    expect(running.output()).not.to.match(/did not end in time|"level":"fatal"|unhandled|Error:/i);
    await eventually(() => expect(workers.filter(isAlive)).to.deep.equal([]));
    await fetch(`${running.url}/health`).then(
      () => expect.fail('something still listens'),
      () => {},
    );
  }

  for (const [program, workers] of [
    ['a server', 1],
    ['a supervisor and its workers', 2],
  ] as const) {
    for (const [phase, open] of Object.entries(phases)) {
      it(`ends ${program} within the grace, ${phase}`, async () => {
        const { environment, isThere, end } = await open(workers);
        const running = await start({ ...environment, WORKERS: String(workers) });
        try {
          await isThere(running);
          // Before the program listens for signals, one ends it by itself.
          await endsInOrder(running, phase === 'at its very beginning' ? [0, 143] : [0]);
        } finally {
          await end?.();
        }
      });
    }
  }

  it('ends workers that are prepared and wait for one that is not', async () => {
    const { url, client } = await aDatabase();
    const running = await start({ DATABASE_URL: url, WORKERS: '2' });
    await eventually(() => expect(workersOf(running)).to.have.length(2), 20_000);
    const [frozen] = workersOf(running) as [number];
    process.kill(frozen, 'SIGSTOP');
    const isWaiting = async () => {
      // The supervisor waits for the frozen one before it tells what the other says.
      const response = await fetch(`${running.metricsUrl}/ready`, { signal: AbortSignal.timeout(5_000) });
      const { cause } = (await response.json()) as { cause?: string };
      expect(cause).to.equal('other workers are starting');
    };
    await eventually(isWaiting, 20_000).finally(() => process.kill(frozen, 'SIGCONT'));
    await endsInOrder(running);
    await client.end();
  });

  it('ends a worker that is to replace another and waits for the database', async () => {
    const { url, client } = await aDatabase();
    const running = await start({ DATABASE_URL: url, WORKERS: '2' });
    await eventually(() => isReady(running), 30_000);
    // From now on nobody gets in, and one of them dies.
    const name = new URL(url).pathname.slice(1);
    await postgres.run(`alter database ${name} allow_connections false`);
    const [victim] = workersOf(running) as [number];
    process.kill(victim, 'SIGKILL');
    await eventually(() => {
      expect(workersOf(running)).to.have.length(3);
      const waits = running
        .lines()
        .filter(({ event, worker }) => event === 'waiting for the database' && worker === 3);
      expect(waits).to.have.length(1);
    }, 20_000);
    await endsInOrder(running);
    await client.end();
  });

  it('ends a command that is under way', async () => {
    const { url, client } = await aDatabase();
    await client.query('select pg_advisory_lock(7000)');
    const child = spawn(process.execPath, [main, 'migrate'], {
      stdio: 'ignore',
      env: { PATH: process.env.PATH, DATABASE_URL: url },
    });
    started.add(child);
    await eventually(async () => {
      const { rowCount } = await client.query(
        `select from pg_locks where locktype = 'advisory' and not granted`,
      );
      expect(rowCount).to.be.greaterThan(0);
    }, 20_000);
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exited).to.deep.equal([143, null]);
    await client.end();
  });
});
