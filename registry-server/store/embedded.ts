import { mkdirSync } from 'node:fs';
import { PGlite, type Transaction } from '@electric-sql/pglite';
import { type Connection, type Database, type Statement, StoreUnavailable } from './database.ts';

/**
 * PostgreSQL in this process: in a folder, or in memory when there is none. Starts when first asked.
 * One server per folder.
 */
export function openEmbedded(folder?: string): Database {
  let opening: Promise<PGlite> | undefined;

  function engine(): Promise<PGlite> {
    opening ??= start(folder).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  }

  const connection: Connection = {
    query: async (statement, values) => connectionOf(await engine()).query(statement, values),
    runScript: async (text) => connectionOf(await engine()).runScript(text),
  };

  return {
    kind: 'embedded',
    ...connection,
    transaction: async (work) =>
      (await engine()).transaction((transaction) => work(connectionOf(transaction))),
    listen(channel, listener) {
      void engine()
        .then((started) => started.listen(channel, (payload) => listener.notified(payload)))
        .then(() => listener.connected());
    },
    async ping() {
      const [row] = await connection.query<{ server_version: string }>({
        name: 'version',
        text: 'show server_version',
      });
      return { kind: 'embedded', version: row?.server_version ?? '' };
    },
    poolUsage: () => ({ open: 1, idle: 1, waiting: 0, max: 1 }),
    async close() {
      const started = await opening?.catch(() => undefined);
      if (started && !started.closed) await started.close();
    },
  };
}

async function start(folder: string | undefined): Promise<PGlite> {
  try {
    if (folder === undefined) return await PGlite.create();
    mkdirSync(folder, { recursive: true });
    return await PGlite.create({ dataDir: folder });
  } catch (error) {
    const where = folder === undefined ? 'in memory' : `in ${folder}`;
    throw new StoreUnavailable(`the embedded database does not start ${where}: ${(error as Error).message}`, {
      cause: error,
    });
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
