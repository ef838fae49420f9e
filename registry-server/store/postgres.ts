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
  type Row,
  type Statement,
  StoreUnavailable,
  sqlState,
} from './database.ts';
import { describeOut, diskFull, reach, readOnly } from './reach.ts';
import { statementFailure } from './statement-failure.ts';
import { type TlsSettings, tlsOptions } from './tls.ts';

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

/** A standby says on to the second, and so does a database whose owner allows no writes. */
const askHow = `select current_setting('server_version') as version, current_setting('transaction_read_only') as read_only`;

type Pong = Awaited<ReturnType<Database['ping']>>;
/** Two packets may be lost on the way, or the first answer of DNS. */
const CONNECT_MS = 5_000;
const WAIT_FOR_OTHERS = { firstMs: 10, longestMs: 250 };
const LISTEN_AGAIN = { firstMs: 100, longestMs: 5_000 };
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
    stream: socketThatConnects,
  };
  const pool = new pg.Pool({
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
  const reached: typeof reach = async (step, work) => {
    try {
      return await reach(step, work);
    } catch (error) {
      if (isDiskFull(error)) isFull = true;
      throw error;
    }
  };

  /** How often the change feed was lost, and how often it had been when each connection was made. */
  let losses = 0;
  const lossesBefore = new WeakMap<pg.PoolClient, number>();
  pool.on('connect', (client) => lossesBefore.set(client, losses));
  const inUse = new Set<pg.PoolClient>();
  /** When the server of the last change feed was started, which no other one was. */
  let feedServer: string | undefined;

  return {
    kind: 'postgres',
    query: (statement, values) =>
      withClient((client) => connectionOf(client, reached).query(statement, values)),
    runScript: (text) => withClient((client) => connectionOf(client, reached).runScript(text)),
    transaction: (work) => withClient((client, broke) => inTransaction(client, work, broke)),

    async unlimited(work, signal) {
      signal?.throwIfAborted();
      // Its own socket, for one that still connects ends in no other way.
      const socket = socketThatConnects();
      const client = new pg.Client({ ...common, stream: () => socket });
      client.on('error', () => {});
      // A statement under way is broken off, and PostgreSQL, which looks whether anybody waits for it, undoes it.
      const givenUp = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
      const breakOff = () => socket.destroy(new Error('given up'));
      givenUp.addEventListener('abort', breakOff);
      try {
        await reached('connect', () => client.connect());
        await reached('ask', () => client.query(withoutLimits));
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
        await reached('connect', () => client.connect());
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
    let step: 'prepare' | 'ask' = 'prepare';
    try {
      await reached(step, () => client.query('begin'));
      const result = await work(connectionOf(client, reached, step));
      step = 'ask';
      await reached(step, () => client.query('commit'));
      return result;
    } catch (error) {
      // Who did not answer is not asked again: that would wait as long once more.
      const isSilent = error instanceof StoreUnavailable && statementFailure(error) === undefined;
      if (!isSilent) await client.query('rollback').catch(broke);
      throw error;
    }
  }

  /**
   * One of the pool. Where it breaks, or the database behind it cannot be used as it is, nobody gets it again: it may
   * lead to a server that was the primary.
   */
  async function withClient<T>(
    work: (client: pg.PoolClient, broke: (cause: Error) => void) => Promise<T>,
  ): Promise<T> {
    const client = await freshClient();
    let broken: Error | undefined;
    const broke = (error: Error) => {
      broken = error;
    };
    // A connection that breaks while a transaction thinks must not end the process.
    client.on('error', broke);
    inUse.add(client);
    try {
      return await work(client, broke);
    } catch (error) {
      if (error instanceof StoreUnavailable) broken = error;
      throw error;
    } finally {
      inUse.delete(client);
      client.off('error', broke);
      client.release(broken);
    }
  }

  /** What is asked of a server that is no longer the primary is broken off: it may never answer. */
  function breakOffFormer(server: string): void {
    const isAnother = feedServer !== undefined && feedServer !== server;
    feedServer = server;
    if (!isAnother) return;
    for (const client of inUse) if (lossesBefore.get(client) !== losses) void client.end().catch(() => {});
  }

  /** What took the change feed away, such as a node that is gone, may hold the other connections without a word. */
  async function freshClient(): Promise<pg.PoolClient> {
    for (;;) {
      const client = await anyClient();
      if (lossesBefore.get(client) === losses) return client;
      client.release(true);
    }
  }

  /**
   * Where a password or an authority was replaced, servers of before get no new connections, and wait for one of those
   * they have until others take their place.
   */
  async function anyClient(): Promise<pg.PoolClient> {
    const deadlineMs = performance.now() + settings.acquireTimeoutMs;
    for (let tries = 0; ; tries += 1) {
      const startedMs = performance.now();
      try {
        return await reached('connect', () =>
          pool.connect().finally(() => waited((performance.now() - startedMs) / 1000)),
        );
      } catch (error) {
        const isRefused =
          error instanceof StoreUnavailable &&
          (error.reason === 'CredentialsRefused' || error.reason === 'TlsFailed');
        const waitMs = backOffMs(tries, WAIT_FOR_OTHERS);
        if (!isRefused || pool.totalCount === 0 || performance.now() + waitMs > deadlineMs) throw error;
        await delay(waitMs);
      }
    }
  }

  /** Room is tried only where it was missed, and given back at once. */
  async function pingAndTryRoom(
    client: pg.Client,
    deadlineMs: number,
    look: Statement | undefined,
  ): Promise<Pong> {
    const status = await ping(client, deadlineMs, look);
    if (isFull && status.writesOut === undefined) isFull = !(await hasRoom(client));
    return isFull ? { writesOut: diskFull, ...status } : status;
  }

  async function listenForever(channel: string, listener: Listener): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      const client = new pg.Client(common);
      try {
        const ended = new Promise<void>((resolve) => client.once('end', resolve));
        client.on('error', () => {});
        client.on('notification', ({ payload }) => listener.notified(payload ?? ''));
        await client.connect();
        const { rows } = await client.query('select pg_postmaster_start_time()::text as started');
        await client.query(`listen ${channel}`);
        breakOffFormer(rows[0]?.started);
        listening = client;
        failures = 0;
        listener.connected();
        void openMinConnections();
        await Promise.race([ended, heartbeatStops(client)]);
      } catch (error) {
        const isNews = failures === 0 && !closing.signal.aborted;
        if (isNews)
          log.warn('change feed is down', { cause: describeOut(error).words, ...statementFailure(error) });
      }
      if (listening === client) {
        listening = undefined;
        losses += 1;
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
    const missing = Math.max(0, settings.minConnections - pool.totalCount);
    // Each is given back at once: only the pool's own listener keeps one that breaks from ending the process.
    const opened = Array.from({ length: missing }, () => pool.connect().then((client) => client.release()));
    await Promise.allSettled(opened);
  }

  /** A peer that vanished without a word is noticed here: it bounds how long a cache can be stale. */
  async function heartbeatStops(client: pg.Client): Promise<void> {
    while (!closing.signal.aborted) {
      await delay(HEARTBEAT_MS, undefined, { signal: closing.signal, ref: false });
      await ping(client, HEARTBEAT_DEADLINE_MS);
    }
  }
}

/** One that gives up in time: of a server that is gone, and still has its address in a Service, nobody says so. */
function socketThatConnects(): Socket {
  const socket = new Socket();
  const giveUp = () =>
    socket.destroy(Object.assign(new Error('no answer to connecting'), { code: 'ETIMEDOUT' }));
  const timer = setTimeout(giveUp, CONNECT_MS);
  for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
  return socket;
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
    const { rows } = await reach('ask', () => client.query(askHow));
    const { version, read_only: isReadOnly } = rows[0] ?? {};
    const looked = look && (await reach('ask', () => lookAt(client, look)));
    // "15.18 (Debian 15.18-1)"
    const found: Pong = { kind: 'postgres', version: String(version).split(' ')[0] ?? '', looked };
    return isReadOnly === 'on' ? { ...found, writesOut: readOnly } : found;
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

function connectionOf(
  client: pg.ClientBase,
  reached: typeof reach,
  step: 'prepare' | 'ask' = 'ask',
): Connection {
  return {
    async query<R>({ name, text }: Statement, values: readonly unknown[] = []) {
      const { rows } = await reached(step, () => client.query({ name, text, values: [...values] }));
      return rows as R[];
    },
    async runScript(text) {
      await reached(step, () => client.query(text));
    },
  };
}
