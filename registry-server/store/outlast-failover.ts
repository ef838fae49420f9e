import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs } from '../waiting/back-off.ts';
import { type Database, StoreUnavailable } from './database.ts';

const RETRY = { firstMs: 50, longestMs: 1_000 };
/** Longer than the longest pause between two tries: who fails after it has met another outage. */
const ANOTHER_OUTAGE_MS = 3 * RETRY.longestMs;

type Kind = 'reads' | 'writes';

/**
 * A database whose primary moves to another server is away for seconds. What can be asked again without harm waits for
 * as long; an outage that has lasted longer is told at once, so that requests do not pile up behind it.
 * @param mostMs how long an outage is waited out, counted from its beginning
 */
export function outlastFailover(database: Database, mostMs: number): Database {
  const outages: Partial<Record<Kind, { readonly sinceMs: number; lastMs: number }>> = {};

  return {
    ...database,
    query: (statement, values) =>
      outlast(statement.isRead ? 'reads' : 'writes', () => database.query(statement, values)),
    transaction: (work) => outlast('writes', () => database.transaction(work)),
  };

  async function outlast<T>(kind: Kind, work: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries += 1) {
      try {
        const result = await work();
        outages[kind] = undefined;
        return result;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || !isRepeatable(error, kind)) throw error;
        const waitMs = backOffMs(tries, RETRY);
        if (outageMs(kind) + waitMs > mostMs) throw error;
        await delay(waitMs);
      }
    }
  }

  /** For how long it has been out. */
  function outageMs(kind: Kind): number {
    const nowMs = performance.now();
    const known = outages[kind];
    if (known === undefined || nowMs - known.lastMs > ANOTHER_OUTAGE_MS) {
      outages[kind] = { sinceMs: nowMs, lastMs: nowMs };
      return 0;
    }
    known.lastMs = nowMs;
    return nowMs - known.sinceMs;
  }
}

function isRepeatable({ repeatable }: StoreUnavailable, kind: Kind): boolean {
  return repeatable === 'all' || (repeatable === 'reads' && kind === 'reads');
}
