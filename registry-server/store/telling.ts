import type { WorkerLink } from '../workers/worker-link.ts';
import { announced } from './announced.ts';
import type { Store } from './store.ts';

/**
 * A store that tells of what it wrote before the write is answered, and hears what other workers write. The database
 * tells all of this, too, but a little later: a client that was answered by one worker may ask another at once.
 */
export function tellingStore(store: Store, link: WorkerLink): Store {
  return {
    ...store,
    ...announced(store, async (changes, isNewSubject) => {
      // Of a new subject nobody holds anything: who finds nothing asks the database again before that counts.
      if (!isNewSubject) await Promise.all(changes.map((change) => link.tell(change)));
    }),

    watch(listener) {
      link.hear((change) => listener.changed(change));
      store.watch(listener);
    },
  };
}
