import type { SubjectName } from '../subject-name.ts';
import type { Change, Store } from './store.ts';

type Writes = Pick<
  Store,
  'addVersion' | 'importVersion' | 'removeVersions' | 'changeSettings' | 'removeContext'
>;

/** @param isNewSubject nobody can have known the subject before */
type Announce = (changes: readonly Change[], isNewSubject: boolean) => Promise<void> | void;

/** The writes of a store; what each changed is announced before it is answered. */
export function announced(store: Store, announce: Announce): Writes {
  /** Also when the write fails: it may have been committed all the same. */
  async function announcing<T>(
    changes: () => readonly Change[],
    write: () => Promise<T>,
    isNewSubject = false,
  ): Promise<T> {
    try {
      return await write();
    } finally {
      await announce(changes(), isNewSubject);
    }
  }

  return {
    addVersion: (added) =>
      announcing(
        () => [added.name],
        () => store.addVersion(added),
        added.judgedAgainst.revision === '0',
      ),

    importVersion: (imported) =>
      announcing(
        () => [imported.name],
        () => store.importVersion(imported),
      ),

    removeVersions: (name, decide) => {
      let isPermanent = false;
      return announcing(
        () => (isPermanent ? [name, { purged: true }] : [name]),
        () =>
          store.removeVersions(name, (...given) => {
            const removal = decide(...given);
            isPermanent = removal.isPermanent;
            return removal;
          }),
      );
    },

    changeSettings: (name, decide) =>
      announcing(
        () => [changeOf(name)],
        () => store.changeSettings(name, decide),
      ),

    removeContext: (context) =>
      announcing(
        () => [{ purged: true }, { settingsOf: context }],
        () => store.removeContext(context),
      ),
  };
}

function changeOf(name: SubjectName): Change {
  return name.subject === '' ? { settingsOf: name.context } : name;
}
