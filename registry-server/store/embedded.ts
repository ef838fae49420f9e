import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PGlite, Transaction } from '@electric-sql/pglite';
import {
  type Connection,
  type Database,
  type Listener,
  type Session,
  type Statement,
  StoreUnavailable,
} from './database.ts';

const LISTEN_AGAIN_MS = 500;

/**
 * PostgreSQL in this process: in a folder, or in memory when there is none. Starts when first asked.
 * One server per folder.
 */
export function openEmbedded(folder?: string): Database {
  let opening: Promise<PGlite> | undefined;
  const closing = new AbortController();

  function engine(): Promise<PGlite> {
    opening ??= start(folder).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  /** Tries until it listens; within a process nothing is lost after that. */
  async function listenOnce(channel: string, listener: Listener): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        await (await engine()).listen(channel, (payload) => listener.notified(payload));
        listener.connected();
        return;
      } catch {
        // An engine that does not start says so to whoever asks it for something.
        await delay(LISTEN_AGAIN_MS, undefined, { signal: closing.signal, ref: false }).catch(() => {});
      }
    }
  }

  const connection: Connection = {
    query: async (statement, values) => connectionOf(await engine()).query(statement, values),
    runScript: async (text) => connectionOf(await engine()).runScript(text),
  };

  const session: Session = {
    ...connection,
    transaction: async (work) =>
      (await engine()).transaction((transaction) => work(connectionOf(transaction))),
  };

  return {
    kind: 'embedded',
    ...session,
    // Nothing is limited in this process, and nobody waits for its end over a network.
    unlimited: (work) => work(session),
    listen(channel, listener) {
      void listenOnce(channel, listener);
    },
    async ping(_deadlineMs, look) {
      const [looked] = look ? await connection.query(look) : [];
      const [row] = await connection.query<{ server_version: string }>({
        name: 'version',
        text: 'show server_version',
      });
      return { kind: 'embedded', version: row?.server_version ?? '', looked };
    },
    poolUsage: () => ({ open: 1, idle: 1, waiting: 0, max: 1 }),
    async close() {
      closing.abort();
      const started = await opening?.catch(() => undefined);
      if (!started || started.closed) return;
      await started.close();
      if (folder !== undefined) rmSync(lockOf(folder), { force: true });
    },
  };
}

async function start(folder: string | undefined): Promise<PGlite> {
  try {
    // Only now: it weighs more than the whole server, which with a DATABASE_URL has no use for it.
    const { PGlite } = await import('@electric-sql/pglite');
    if (folder === undefined) return await PGlite.create();
    lock(folder);
    return await PGlite.create({ dataDir: join(folder, 'postgres') });
  } catch (error) {
    const where = folder === undefined ? 'in memory' : `in ${folder}`;
    throw new StoreUnavailable(`the embedded database does not start ${where}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

const lockOf = (folder: string) => join(folder, 'server.pid');

/** Two servers on one folder would destroy it. The lock of a process that is gone does not count. */
function lock(folder: string): void {
  mkdirSync(folder, { recursive: true });
  try {
    writeFileSync(lockOf(folder), String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(lockOf(folder), 'utf8'));
    // In a container every start has the same number.
    if (holder !== process.pid && isRunning(holder)) throw new Error(`process ${holder} uses it`);
    writeFileSync(lockOf(folder), String(process.pid));
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function connectionOf(engine: PGlite | Transaction): Connection {
  return {
    async query<R>({ text }: Statement, values: readonly unknown[] = []) {
      const { rows } = await engine.query<R>(text, [...values]);
      return rows;
    },
    async runScript(text) {
      await engine.exec(text);
    },
  };
}
