import type { Database } from '../database.ts';
import { archiveStatement } from './sql.ts';

/** Another replica may have begun to ship. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export interface Lease {
  readonly holder: string;
  /** False while another replica holds it. */
  acquire(): Promise<boolean>;
  /** Extends what is held, when it is time to; false when it was lost. */
  keep(): Promise<boolean>;
  leftMs(): number;
  release(): Promise<void>;
}

const LENGTH_MS = 15_000;
const RENEW_AFTER_MS = 4_000;

/**
 * One replica at a time, by a row of the database. Counted from before the database was asked, on a clock that nobody
 * sets: who holds it knows of its end before the others do.
 */
export function openLease(database: Database, holder: string): Lease {
  let takenAt = Number.NEGATIVE_INFINITY;
  let isHeld = false;

  async function ask(name: 'archiveAcquire' | 'archiveRenew'): Promise<boolean> {
    const askedAt = performance.now();
    const rows = await database.query(archiveStatement(name), [holder, LENGTH_MS]);
    isHeld = rows.length > 0;
    if (isHeld) takenAt = askedAt;
    return isHeld;
  }

  return {
    holder,
    acquire: () => ask('archiveAcquire'),
    async keep() {
      if (!isHeld) return false;
      return performance.now() - takenAt < RENEW_AFTER_MS || ask('archiveRenew');
    },
    leftMs: () => (isHeld ? takenAt + LENGTH_MS - performance.now() : 0),
    async release() {
      isHeld = false;
      await database.query(archiveStatement('archiveRelease'), [holder]);
    },
  };
}
