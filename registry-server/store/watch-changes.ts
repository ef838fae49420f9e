import type { Database } from './database.ts';
import { readNotification } from './read-change.ts';
import { statement } from './sql.ts';
import type { ChangeListener } from './store.ts';

const CHANNEL = 'schema_registry';

/** Tells what other servers change, and when the feed of changes is lost and there again. */
export function watchChanges(database: Database, listener: ChangeListener): void {
  let connection = 0;
  database.listen(CHANNEL, {
    notified: (payload) => listener.changed(readNotification(payload)),
    lost: () => {
      connection += 1;
      listener.lost();
    },
    connected: () => {
      connection += 1;
      void readPurges(connection);
    },
  });

  // What is read after the listening began cannot miss a purge: a later one is notified. Until it was read, for
  // whatever reason it cannot be, the feed counts as lost.
  async function readPurges(reading: number, isAgain = false): Promise<void> {
    try {
      const [row] = await database.query<{ purges: string }>(statement('readPurges'));
      if (reading === connection) listener.connected(row?.purges ?? '0');
    } catch (error) {
      if (reading !== connection) return;
      if (!isAgain) listener.failed?.(error);
      setTimeout(() => void readPurges(reading, true), 500).unref();
    }
  }
}
