import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import { REGISTRY_KEY } from './layout.ts';
import { archiveStatement } from './sql.ts';

const LOOK_MS = 5_000;
/** Looks in a row: a restore by hand may drop the tables before it makes them again. */
const LOOKS = 3;

/**
 * Tells once that the database is there and has nothing of a registry in it, not even a table, as where the volume of a
 * PostgreSQL was lost and another one took its place; and that there is an archive to bring it back from.
 * @returns what ends it
 */
export function watchForLoss(database: Database, bucket: Bucket, lost: () => void): () => void {
  let looks = 0;
  const timer = setInterval(() => void look(), LOOK_MS).unref();

  async function look(): Promise<void> {
    try {
      const [found] = await database.query<{ is_bare: boolean }>(archiveStatement('archiveIsBare'));
      // Without the archive a server that begins anew would find nothing to begin with.
      const isLost = found?.is_bare === true && (await bucket.find(REGISTRY_KEY, deadline())) !== undefined;
      looks = isLost ? looks + 1 : 0;
    } catch {
      // A database or a bucket that is away tells nothing.
      looks = 0;
    }
    if (looks < LOOKS) return;
    clearInterval(timer);
    lost();
  }

  function deadline(): AbortSignal {
    return AbortSignal.timeout(LOOK_MS);
  }

  return () => clearInterval(timer);
}
