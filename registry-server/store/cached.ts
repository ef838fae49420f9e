import { LRUCache } from 'lru-cache';
import type { SubjectName } from '../subject-name.ts';
import { guid } from './fingerprint.ts';
import type { SharedCache } from './redis.ts';
import type { Change, ChangeListener, Store, StoredSchema, SubjectState } from './store.ts';

export interface CacheSettings {
  readonly maxEntries: number;
  readonly shared: SharedCache | undefined;
  readonly wasRead: (level: 'memory' | 'redis', isHit: boolean) => void;
}

export interface CachedStore extends Store {
  readonly isFeedAlive: () => boolean;
  /** What memory holds at this moment; the same object as long as nothing changed. Counted by who uses it. */
  readonly peekSubject: (name: SubjectName) => SubjectState | undefined;
  readonly peekSchema: (context: string, id: number) => StoredSchema | undefined;
}

// Texts are mostly one byte per character.
const MAX_TEXT_CHARACTERS = 128 * 1024 * 1024;
const MAX_VERSIONS = 2_000_000;

/**
 * Memory, then Redis, before a store. A schema under its id never changes, so it is kept until schemas are removed
 * for good. What changes is kept only while the change feed is alive, and dropped by it; this server's own writes
 * drop it before they are answered.
 */
export function cachedStore(store: Store, { maxEntries, shared, wasRead }: CacheSettings): CachedStore {
  const schemas = new LRUCache<string, StoredSchema>({
    max: maxEntries,
    maxSize: MAX_TEXT_CHARACTERS,
    sizeCalculation: ({ schema }) => schema.length + 1,
  });
  const subjects = new LRUCache<string, SubjectState>({
    max: maxEntries,
    maxSize: MAX_VERSIONS,
    sizeCalculation: ({ versions }) => versions.length + 1,
  });
  // Reads that are under way: shared by all who ask meanwhile, forgotten when what they read may be outdated.
  const readingSubjects = new Map<string, Promise<SubjectState>>();
  const readingSchemas = new Map<string, Promise<StoredSchema | undefined>>();
  let isAlive = false;
  let knownPurges: string | undefined;

  function dropSubjects(): void {
    subjects.clear();
    readingSubjects.clear();
  }

  function dropSchemas(): void {
    schemas.clear();
    readingSchemas.clear();
  }

  function drop(change: Change): void {
    if ('purged' in change) {
      dropSchemas();
    } else if ('settingsOf' in change) {
      // They weigh on every subject of the context, and change rarely.
      dropSubjects();
    } else {
      subjects.delete(keyOf(change));
      readingSubjects.delete(keyOf(change));
    }
  }

  /** Also when the write fails: it may have been committed all the same. */
  async function dropping<T>(change: Change, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } finally {
      drop(change);
    }
  }

  function changeOf(name: SubjectName): Change {
    return name.subject === '' ? { settingsOf: name.context } : name;
  }

  async function fetchSchema(context: string, id: number): Promise<StoredSchema | undefined> {
    if (!shared?.isUp()) return store.findSchema(context, id);
    // The database says which content the id stands for, Redis has the bytes: it cannot mix up ids.
    const digest = await store.findDigest(context, id);
    if (digest === undefined) return undefined;
    const content = await shared.find(digest);
    wasRead('redis', content !== undefined);
    if (content) return { context, id, guid: guid(content), ...content };
    const stored = await store.findSchema(context, id);
    if (stored) shared.keep(digest, stored);
    return stored;
  }

  return {
    ...store,
    isFeedAlive: () => isAlive,
    // Empty while the feed is dead.
    peekSubject: (name) => subjects.get(keyOf(name)),
    peekSchema: (context, id) => schemas.get(schemaKey(context, id)),

    async readSubject(name, asOf) {
      if (asOf === 'now' || !isAlive) return store.readSubject(name, 'now');
      const key = keyOf(name);
      const known = subjects.get(key);
      wasRead('memory', known !== undefined);
      if (known) return known;
      return once(
        readingSubjects,
        key,
        () => store.readSubject(name, 'now'),
        (state) => {
          // Unknown names cost nothing to make up, so they are not kept.
          if (isAlive && state.revision !== '0') subjects.set(key, state);
        },
      );
    },

    async findSchema(context, id) {
      const key = schemaKey(context, id);
      const known = schemas.get(key);
      wasRead('memory', known !== undefined);
      if (known) return known;
      return once(
        readingSchemas,
        key,
        () => fetchSchema(context, id),
        (schema) => {
          if (schema) schemas.set(key, schema);
        },
      );
    },

    addVersion: (added) => dropping(added.name, () => store.addVersion(added)),

    removeVersions: async (name, decide) => {
      let isPermanent = false;
      await dropping(name, () =>
        store.removeVersions(name, (state, referrers) => {
          const removal = decide(state, referrers);
          isPermanent = removal.isPermanent;
          return removal;
        }),
      ).finally(() => {
        if (isPermanent) drop({ purged: true });
      });
    },

    changeSettings: (name, decide) => dropping(changeOf(name), () => store.changeSettings(name, decide)),

    watch(listener: ChangeListener) {
      store.watch({
        changed(change) {
          drop(change);
          listener.changed(change);
        },
        connected(purges) {
          dropSubjects();
          if (purges !== knownPurges) dropSchemas();
          knownPurges = purges;
          isAlive = true;
          listener.connected(purges);
        },
        lost() {
          isAlive = false;
          dropSubjects();
          listener.lost();
        },
      });
    },

    async close() {
      await Promise.all([store.close(), shared?.close()]);
    },
  };
}

/** `keep` is called only when nobody took the read out of `reading` meanwhile. */
async function once<T>(
  reading: Map<string, Promise<T>>,
  key: string,
  read: () => Promise<T>,
  keep: (value: T) => void,
): Promise<T> {
  const underWay = reading.get(key);
  if (underWay) return underWay;
  const started = read();
  reading.set(key, started);
  try {
    const value = await started;
    if (reading.get(key) === started) keep(value);
    return value;
  } finally {
    if (reading.get(key) === started) reading.delete(key);
  }
}

function schemaKey(context: string, id: number): string {
  return `${context}\n${id}`;
}

function keyOf({ context, subject }: SubjectName): string {
  return `${context}\n${subject}`;
}
