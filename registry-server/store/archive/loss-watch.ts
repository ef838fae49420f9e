import type { Database } from '../database.ts';
import { archiveStatement } from './sql.ts';

const LOOK_MS = 5_000;
/** Looks in a row: a restore by hand may drop the tables before it makes them again. */
const LOOKS = 3;

/**
 * Tells once that the database is there and has nothing of a registry in it, not even a table, as where the volume of a
 * PostgreSQL was lost and another one took its place.
 * @returns what ends it
 */
export function watchForLoss(database: Database, lost: () => void): () => void {
  let looks = 0;
  const timer = setInterval(() => void look(), LOOK_MS).unref();

  async function look(): Promise<void> {
    try {
      const [found] = await database.query<{ is_bare: boolean }>(archiveStatement('archiveIsBare'));
      looks = found?.is_bare === true ? looks + 1 : 0;
    } catch {
      // A database that is away has lost nothing yet.
      looks = 0;
    }
    if (looks < LOOKS) return;
    clearInterval(timer);
    lost();
  }

  return () => clearInterval(timer);
}
