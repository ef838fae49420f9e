import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../log.ts';
import { backOffMs } from '../waiting/back-off.ts';
import { within } from '../waiting/within.ts';
import {
  type Connection,
  type Database,
  type Listener,
  type Out,
  type Row,
  type Statement,
  StoreUnavailable,
  sqlState,
} from './database.ts';
import { statementFailure } from './statement-failure.ts';
import { type TlsSettings, tlsFailure, tlsOptions } from './tls.ts';

/** In parts nothing has to be encoded: a password may hold any character. */
export type PostgresAddress =
  | { readonly url: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly password: string;
    };

export type PostgresSettings = PostgresAddress & {
  /** Undefined where the URL says so. */
  readonly tls?: TlsSettings | undefined;
  readonly minConnections: number;
  readonly maxConnections: number;
  readonly acquireTimeoutMs: number;
  readonly statementTimeoutMs: number;
};

const HEARTBEAT_MS = 5_000;
const HEARTBEAT_DEADLINE_MS = 5_000;
const LOOK_LOCK_MS = 500;
/** SQLSTATE of a wait for a lock that took too long. */
const LOCK_NOT_AVAILABLE = '55P03';

type Pong = Awaited<ReturnType<Database['ping']>>;
const LISTEN_AGAIN = { firstMs: 100, longestMs: 5_000 };
const DEADLINE = 'query-deadline';
/** Whatever the role, the database or the URL say; not every release knows each of them. */
const withoutLimits = `select set_config(name, case name when 'client_connection_check_interval' then '1s' else '0' end, false)
  from pg_settings where name in ('statement_timeout', 'lock_timeout', 'transaction_timeout',
    'idle_in_transaction_session_timeout', 'client_connection_check_interval')`;

/**
 * Connects when first asked, so that it can be opened before the database is there.
 * @param waited is told how long the pool took to give a connection
 */
export function openPostgres(
  settings: PostgresSettings,
  log: Log,
  waited: (seconds: number) => void = () => {},
): Database {
  const common: pg.ClientConfig = {
    ...clientAddress(settings),
    application_name: 'schema-registry',
    connectionTimeoutMillis: settings.acquireTimeoutMs,
    keepAlive: true,
  };
  const pool = new TimedPool(waited, {
    ...common,
    min: settings.minConnections,
    max: settings.maxConnections,
    statement_timeout: settings.statementTimeoutMs,
    // The server ends a statement at its timeout; this is for a server that no longer answers at all.
    query_timeout: settings.statementTimeoutMs + 2_000,
    idle_in_transaction_session_timeout: settings.statementTimeoutMs,
  });
  // An idle connection that breaks is dropped by the pool; without a listener it would end the process.
  pool.on('error', (error) =>
    log.warn('database connection lost', statementFailure(error) ?? { cause: error.message }),
  );

  const closing = new AbortController();
  let listening: pg.Client | undefined;
  /** A write found no room, and none that was tried since did. */
  let isFull = false;
  const reached: typeof reach = async (work) => {
    try {
      return await reach(work);
    } catch (error) {
      if (isDiskFull(error)) isFull = true;
      throw error;
    }
  };

  return {
    kind: 'postgres',
    ...connectionOf(pool, reached),

    async transaction(work) {
      const client = await reached(() => pool.connect());
      let broken: Error | undefined;
      // A connection that breaks while a transaction thinks must not end the process.
      const onError = (error: Error) => {
        broken = error;
      };
      client.on('error', onError);
      try {
        return await inTransaction(client, work, onError);
      } finally {
        client.off('error', onError);
        client.release(broken);
      }
    },

    async unlimited(work, signal) {
      signal?.throwIfAborted();
      // Its own socket, for one that still connects ends in no other way.
      const socket = new Socket();
      const client = new pg.Client({ ...common, stream: () => socket });
      client.on('error', () => {});
      // A statement under way is broken off, and PostgreSQL, which looks whether anybody waits for it, undoes it.
      const givenUp = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
      const breakOff = () => socket.destroy(new Error('given up'));
      givenUp.addEventListener('abort', breakOff);
      try {
        await reached(() => client.connect());
        await reached(() => client.query(withoutLimits));
        return await work({
          ...connectionOf(client, reached),
          transaction: (inside) => inTransaction(client, inside),
        });
      } finally {
        givenUp.removeEventListener('abort', breakOff);
        void client.end().catch(() => {});
      }
    },

    listen(channel, listener) {
      void listenForever(channel, listener);
    },

    async ping(deadlineMs, look) {
      // The listening connection is never busy; without it, one of its own.
      if (listening) return pingAndTryRoom(listening, deadlineMs, look);
      const client = new pg.Client({ ...common, connectionTimeoutMillis: deadlineMs });
      client.on('error', () => {});
      try {
        await reached(() => client.connect());
        return await pingAndTryRoom(client, deadlineMs, look);
      } finally {
        void client.end().catch(() => {});
      }
    },

    poolUsage: () => ({
      open: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: settings.maxConnections,
    }),

    async close() {
      closing.abort();
      await listening?.end().catch(() => {});
      await pool.end();
    },
  };

  async function inTransaction<T>(
    client: pg.ClientBase,
    work: (connection: Connection) => Promise<T>,
    broke: (cause: Error) => void = () => {},
  ): Promise<T> {
    try {
      await reached(() => client.query('begin'));
      const result = await work(connectionOf(client, reached));
      await reached(() => client.query('commit'));
      return result;
    } catch (error) {
      await client.query('rollback').catch(broke);
      throw error;
    }
  }

  /** Room is tried only where it was missed, and given back at once. */
  async function pingAndTryRoom(
    client: pg.Client,
    deadlineMs: number,
    look: Statement | undefined,
  ): Promise<Pong> {
    const status = await ping(client, deadlineMs, look);
    if (isFull) isFull = !(await hasRoom(client));
    return isFull ? { ...status, writesOut: diskFull } : status;
  }

  async function listenForever(channel: string, listener: Listener): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      const client = new pg.Client(common);
      try {
        const ended = new Promise<void>((resolve) => client.once('end', resolve));
        client.on('error', () => {});
        client.on('notification', ({ payload }) => listener.notified(payload ?? ''));
        await client.connect();
        await client.query(`listen ${channel}`);
        listening = client;
        failures = 0;
        listener.connected();
        void openMinConnections();
        await Promise.race([ended, heartbeatStops(client)]);
      } catch (error) {
        const isNews = failures === 0 && !closing.signal.aborted;
        if (isNews)
          log.warn('change feed is down', { cause: describeCause(error).words, ...statementFailure(error) });
      }
      if (listening === client) {
        listening = undefined;
        if (!closing.signal.aborted) log.warn('change feed lost', {});
        listener.lost();
      }
      void client.end().catch(() => {});
      const waitMs = backOffMs(failures, LISTEN_AGAIN);
      failures += 1;
      await delay(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => {});
    }
  }

  /** The pool keeps them but does not open them; the first requests should not have to. */
  async function openMinConnections(): Promise<void> {
    const clients = await Promise.allSettled(
      Array.from({ length: Math.max(0, settings.minConnections - pool.totalCount) }, () => pool.connect()),
    );
    for (const client of clients) if (client.status === 'fulfilled') client.value.release();
  }

  /** A peer that vanished without a word is noticed here: it bounds how long a cache can be stale. */
  async function heartbeatStops(client: pg.Client): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(HEARTBEAT_MS, undefined, { signal: closing.signal, ref: false });
      await ping(client, HEARTBEAT_DEADLINE_MS);
    }
  }
}

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/** Its own queries ask for a connection by the same method. */
class TimedPool extends pg.Pool {
  readonly #waited: (seconds: number) => void;

  constructor(waited: (seconds: number) => void, config: pg.PoolConfig) {
    super(config);
    this.#waited = waited;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(connected: Connected): void;
  override connect(connected?: Connected): Promise<pg.PoolClient> | undefined {
    const started = performance.now();
    const note = () => this.#waited((performance.now() - started) / 1000);
    if (connected === undefined) return super.connect().finally(note);
    super.connect((error, client, done) => {
      note();
      connected(error, client, done);
    });
    return undefined;
  }
}

function clientAddress(settings: PostgresSettings): pg.ClientConfig {
  const parts = 'url' in settings ? undefined : settings;
  const host = parts?.host ?? ('url' in settings ? URL.parse(settings.url)?.hostname : undefined);
  const ssl = settings.tls === undefined ? {} : { ssl: tlsOptions(settings.tls, host) ?? false };
  if (parts === undefined) return { connectionString: (settings as { url: string }).url, ...ssl };
  const { port, database, user, password } = parts;
  return { host, port, database, user, password, ...ssl };
}

async function ping(client: pg.Client, deadlineMs: number, look?: Statement): Promise<Pong> {
  const answered = async (): Promise<Pong> => {
    const { rows } = await reach(() => client.query('show server_version'));
    const looked = look && (await reach(() => lookAt(client, look)));
    // "15.18 (Debian 15.18-1)"
    return { kind: 'postgres', version: String(rows[0]?.server_version).split(' ')[0] ?? '', looked };
  };
  return within(answered(), deadlineMs, () => {
    throw new StoreUnavailable(`the database did not answer within ${deadlineMs} ms`);
  });
}

/** Undefined where a table is locked: this connection is needed for other things and does not wait. */
async function lookAt(client: pg.Client, { text }: Statement): Promise<Row | undefined> {
  try {
    // One text is one transaction: the setting ends with it, also where it fails.
    const results: unknown = await client.query(`set local lock_timeout = ${LOOK_LOCK_MS}; ${text}`);
    return (results as readonly pg.QueryResult<Row>[]).at(-1)?.rows[0];
  } catch (error) {
    if (sqlState(error) !== LOCK_NOT_AVAILABLE) throw error;
    return undefined;
  }
}

/**
 * Whether a table can grow. A temporary one leaves no trace in the log of changes, which on a full disk would bring the
 * database down.
 */
async function hasRoom(client: pg.Client): Promise<boolean> {
  try {
    await client.query('create temporary table if not exists room (filler bigint)');
    // Some pages, so that it grows on each try.
    await client.query('insert into room select generate_series(1, 2000)');
    await client.query('drop table room');
    return true;
  } catch (error) {
    // Whoever may make no temporary table does not know.
    return sqlState(error) !== '53100';
  }
}

function isDiskFull(error: unknown): boolean {
  return error instanceof StoreUnavailable && error.reason === 'DiskFull';
}

function connectionOf(client: pg.Pool | pg.ClientBase, reached: typeof reach): Connection {
  return {
    async query<R>({ name, text }: Statement, values: readonly unknown[] = []) {
      const { rows } = await reached(() => client.query({ name, text, values: [...values] }));
      return rows as R[];
    },
    async runScript(text) {
      await reached(() => client.query(text));
    },
  };
}

/** What PostgreSQL itself answers passes; not reaching it, or losing it, is StoreUnavailable. */
async function reach<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const state = sqlState(error);
    // 08: connection, 53: too many connections, 57P: shutting down, 28 and 3D: wrong user or database,
    // 25006: a standby that takes no writes, 57014: statement timeout
    if (state && !/^(08|53|57P|28|3D|25006|57014)/.test(state)) throw error;
    const { words, reason } = describeCause(error);
    throw new StoreUnavailable(words, { cause: error, reason });
  }
}

/** In words, and without what could be secret: no URL, no password. */
function describeCause(error: unknown): Out {
  if (error instanceof StoreUnavailable) return { words: error.message, reason: error.reason };
  const causes = error instanceof AggregateError ? error.errors : [error];
  const { code, message = '' } = causes[0] as { code?: string; message?: string };
  const known = knownCauses[code ?? ''];
  if (known) return known;
  const tls = tlsFailure(code);
  if (tls !== undefined) return { words: `no safe connection to the database: ${tls}`, reason: 'TlsFailed' };
  if (code === '28000') return refusedByRules(message);
  return { words: wordsOfMessage(code, message), reason: noTls.test(message) ? 'TlsFailed' : 'Unreachable' };
}

const diskFull: Out = { words: 'the database has no room left on its disk', reason: 'DiskFull' };

const noTls = /does not support SSL connections/;

const knownCauses: Readonly<Record<string, Out>> = {
  '53100': diskFull,
  ECONNREFUSED: { words: 'the database refuses connections', reason: 'Unreachable' },
  ENOTFOUND: { words: "the database's host name is not known", reason: 'HostUnknown' },
  EAI_AGAIN: { words: "the database's host name cannot be looked up", reason: 'HostUnknown' },
  ETIMEDOUT: { words: 'the database does not answer', reason: 'Unreachable' },
  ECONNRESET: { words: 'the database broke off the connection', reason: 'Unreachable' },
  EHOSTUNREACH: { words: 'the database host cannot be reached', reason: 'Unreachable' },
  '28P01': { words: 'the database refuses the user name or password', reason: 'CredentialsRefused' },
  '3D000': { words: 'the database of that name does not exist', reason: 'DatabaseUnknown' },
  '53300': { words: 'the database has no connections left', reason: 'Unreachable' },
  '57P01': { words: 'the database is shutting down', reason: 'Unreachable' },
  '57P03': { words: 'the database is starting up', reason: 'Unreachable' },
  '57014': { words: 'the database gave up the statement at its time limit', reason: 'Unreachable' },
};

/** pg_hba.conf has no line that lets us in; its message tells what kind of connection it saw. */
function refusedByRules(message: string): Out {
  return /no encryption|SSL off/.test(message)
    ? { words: 'the database takes no connection of this user without TLS', reason: 'TlsFailed' }
    : { words: 'the database refuses this user from this address', reason: 'CredentialsRefused' };
}

function wordsOfMessage(code: string | undefined, message: string): string {
  if (noTls.test(message)) return 'the database does not offer TLS';
  if (message.includes('timeout exceeded when trying to connect'))
    return 'no database connection came free in time';
  if (message.includes('timeout')) return 'the database does not answer in time';
  return `the database cannot be used (${code ?? (message || DEADLINE)})`;
}
