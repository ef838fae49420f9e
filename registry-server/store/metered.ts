import type { Metrics } from '../metrics/metrics.ts';
import { type Connection, type Database, StoreUnavailable, summaryOf } from './database.ts';
import type { SharedCache } from './redis.ts';

type DatabaseCounts = Pick<Metrics, 'databaseAnswered' | 'databaseFailed'>;

/** Counts how long statements take, and why the database is out. Work without limits is no part of it. */
export function meteredDatabase(counts: DatabaseCounts, database: Database): Database {
  return {
    ...database,
    ...meteredConnection(database),
    // What it begins with and ends with may fail, too.
    transaction: (work) =>
      noting(() => database.transaction((connection) => work(meteredConnection(connection)))),
  };

  function meteredConnection(connection: Connection): Connection {
    return {
      query: (statement, values) =>
        noting(async () => {
          const started = performance.now();
          const rows = await connection.query(statement, values);
          counts.databaseAnswered(summaryOf(statement), (performance.now() - started) / 1000);
          return rows as never;
        }),
      runScript: (text) => noting(() => connection.runScript(text)),
    };
  }

  async function noting<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // It passes a transaction after its statement.
      if (error instanceof StoreUnavailable && !noted.has(error)) {
        noted.add(error);
        counts.databaseFailed(error.reason);
      }
      throw error;
    }
  }
}

const noted = new WeakSet<StoreUnavailable>();

/** Its failures count themselves. */
export function meteredCache(counts: Pick<Metrics, 'redisAnswered'>, cache: SharedCache): SharedCache {
  return {
    ...cache,
    async find(digest) {
      // What goes past it takes no time.
      if (!cache.isUp()) return cache.find(digest);
      const started = performance.now();
      const found = await cache.find(digest);
      counts.redisAnswered((performance.now() - started) / 1000);
      return found;
    },
  };
}
