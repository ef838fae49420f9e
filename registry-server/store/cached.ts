import { LRUCache } from 'lru-cache';
import { canExist, DEFAULT_CONTEXT, GLOBAL_CONTEXT, type SubjectName } from '../subject-name.ts';
import { announced } from './announced.ts';
import { fingerprint, guid } from './fingerprint.ts';
import type { SharedCache } from './redis.ts';
import type { Change, ChangeListener, Settings, Store, StoredSchema, SubjectState } from './store.ts';

export interface CacheSettings {
  readonly maxEntries: number;
  readonly shared: SharedCache | undefined;
  readonly wasRead: (level: 'memory' | 'redis', isHit: boolean) => void;
  /** Before each look into memory; it may hear of a change. */
  readonly beforeLook?: (() => void) | undefined;
}

/** How much one cache in memory holds. */
export interface CacheUsage {
  readonly cache: string;
  readonly entries: number;
  /** An estimate: texts are mostly one byte for each character. */
  readonly bytes: number;
}

export interface CachedStore extends Store {
  readonly cacheUsage: () => readonly CacheUsage[];
  readonly isFeedAlive: () => boolean;
  /** What memory holds at this moment; the same object as long as nothing changed. Counted by who uses it. */
  readonly peekSubject: (name: SubjectName) => SubjectState | undefined;
  readonly peekSchema: (context: string, id: number) => StoredSchema | undefined;
}

// Texts are mostly one byte per character.
const MAX_TEXT_CHARACTERS = 128 * 1024 * 1024;
const MAX_STATE_CHARACTERS = 128 * 1024 * 1024;
const MAX_NAME_CHARACTERS = 16 * 1024 * 1024;
/** What the objects around a short text take. */
const OVERHEAD_CHARACTERS = 256;
const VERSION_CHARACTERS = 64;
const MAX_CONTEXTS = 1_000;

/**
 * Memory, then Redis, before a store. A schema under its id never changes, so it is kept until schemas are removed
 * for good. What changes is kept only while the change feed is alive, and dropped by it; this server's own writes
 * drop it before they are answered.
 */
export function cachedStore(
  store: Store,
  { maxEntries, shared, wasRead, beforeLook = () => {} }: CacheSettings,
): CachedStore {
  const schemas = new LRUCache<string, StoredSchema>({
    max: maxEntries,
    maxSize: MAX_TEXT_CHARACTERS,
    sizeCalculation: sizeOfSchema,
  });
  const states = { maxSize: MAX_STATE_CHARACTERS, sizeCalculation: sizeOfState };
  const subjects = new LRUCache<string, SubjectState>({ max: maxEntries, ...states });
  // Contexts, as subjects without a name: they hold the settings that a new subject begins with.
  const contexts = new LRUCache<string, SubjectState>({ max: MAX_CONTEXTS, ...states });
  // Subjects that exist, or did: worth a read before they are taken for new. Their contexts, too.
  const names = { maxSize: MAX_NAME_CHARACTERS, sizeCalculation: sizeOfName };
  const met = new LRUCache<string, true>({ max: maxEntries, ...names });
  const metContexts = new LRUCache<string, true>({ max: MAX_CONTEXTS, ...names });
  const ids = new LRUCache<string, number>({ max: maxEntries, ...names });
  // Reads that are under way: shared by all who ask meanwhile, forgotten when what they read may be outdated.
  const readingSubjects = new Map<string, Promise<SubjectState>>();
  const readingSchemas = new Map<string, Promise<StoredSchema | undefined>>();
  const readingIds = new Map<string, Promise<number | undefined>>();
  let isAlive = false;
  let knownPurges: string | undefined;

  function dropSubjects(): void {
    subjects.clear();
    contexts.clear();
    readingSubjects.clear();
  }

  function dropIds(): void {
    ids.clear();
    readingIds.clear();
  }

  function dropSchemas(): void {
    schemas.clear();
    readingSchemas.clear();
    dropIds();
  }

  function drop(change: Change): void {
    if ('anything' in change) {
      dropSubjects();
      dropSchemas();
    } else if ('purged' in change) {
      dropSchemas();
    } else if ('settingsOf' in change) {
      // They weigh on every subject of the context, and change rarely.
      dropSubjects();
    } else {
      subjects.delete(keyOf(change));
      readingSubjects.delete(keyOf(change));
      met.set(keyOf(change), true);
      metContexts.set(change.context, true);
    }
  }

  function readNow(name: SubjectName): Promise<SubjectState> {
    const key = keyOf(name);
    return begin(
      readingSubjects,
      key,
      () => store.readSubject(name, 'now'),
      (state) => {
        if (!isAlive) return;
        // Unknown names cost nothing to make up, so they are not kept.
        if (name.subject === '') {
          if (isMet(name.context) || isSet([state.settings.context])) contexts.set(key, state);
        } else if (state.revision !== '0') {
          subjects.set(key, state);
          metContexts.set(name.context, true);
        }
      },
    );
  }

  function isMet(context: string): boolean {
    return context === DEFAULT_CONTEXT || context === GLOBAL_CONTEXT || metContexts.has(context);
  }

  /** Of a name that is too long to be anybody's: what applies to it from above, and nothing of its own. */
  async function readAbove({ context }: SubjectName): Promise<SubjectState> {
    const above = { context: canExist({ context, subject: '' }) ? context : GLOBAL_CONTEXT, subject: '' };
    const state = isAlive ? await readRecent(above) : await readNow(above);
    return { ...state, settings: { ...state.settings, subject: {} } };
  }

  async function readRecent(name: SubjectName): Promise<SubjectState> {
    const key = keyOf(name);
    const known = (name.subject === '' ? contexts : subjects).get(key);
    wasRead('memory', known !== undefined);
    return known ?? readingSubjects.get(key) ?? readNow(name);
  }

  async function guess(name: SubjectName): Promise<SubjectState> {
    const key = keyOf(name);
    if (subjects.has(key) || met.has(key)) return readRecent(name);
    const above = { context: name.context, subject: '' };
    return contexts.get(keyOf(above)) ?? readingSubjects.get(keyOf(above)) ?? readNow(above);
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
    ...announced(store, (changes) => changes.forEach(drop)),
    isFeedAlive: () => isAlive,
    cacheUsage: () => [
      usageOf('schemas', schemas),
      usageOf('subjects', subjects),
      usageOf('contexts', contexts),
      usageOf('ids', ids),
    ],
    // Empty while the feed is dead.
    peekSubject(name) {
      beforeLook();
      return subjects.get(keyOf(name));
    },
    peekSchema(context, id) {
      beforeLook();
      return schemas.get(schemaKey(context, id));
    },

    readSubject(name, asOf) {
      beforeLook();
      if (!canExist(name)) return readAbove(name);
      // Without the feed nothing may be kept, so nothing is there.
      if (asOf === 'now' || !isAlive) return readNow(name);
      return asOf === 'guess' ? guess(name) : readRecent(name);
    },

    async listContextsOf(subject) {
      return canExist({ context: DEFAULT_CONTEXT, subject }) ? store.listContextsOf(subject) : [];
    },

    async findSchema(context, id) {
      if (!canExist({ context, subject: '' })) return undefined;
      beforeLook();
      const key = schemaKey(context, id);
      const known = schemas.get(key);
      wasRead('memory', known !== undefined);
      if (known) return known;
      return (
        readingSchemas.get(key) ??
        begin(
          readingSchemas,
          key,
          () => fetchSchema(context, id),
          (schema) => {
            if (schema) schemas.set(key, schema);
          },
        )
      );
    },

    async findIdOf(context, content) {
      beforeLook();
      const key = `${context}\n${fingerprint(content).toString('base64')}`;
      const known = ids.get(key);
      if (known !== undefined) return known;
      return begin(
        readingIds,
        key,
        () => store.findIdOf(context, content),
        (id) => {
          if (isAlive && id !== undefined) ids.set(key, id);
        },
      );
    },

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
          dropIds();
          listener.lost();
        },
        failed: (error) => listener.failed?.(error),
      });
    },

    async close() {
      await Promise.all([store.close(), shared?.close()]);
    },
  };
}

/** `keep` is called only when nobody took the read out of `reading` meanwhile. */
async function begin<T>(
  reading: Map<string, Promise<T>>,
  key: string,
  read: () => Promise<T>,
  keep: (value: T) => void,
): Promise<T> {
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

export function usageOf(
  cache: string,
  held: Pick<LRUCache<string, never>, 'size' | 'calculatedSize'>,
): CacheUsage {
  return { cache, entries: held.size, bytes: held.calculatedSize };
}

function sizeOfSchema({ schema, references, metadata, ruleSet }: StoredSchema, key: string): number {
  const isPlain = references.length === 0 && !metadata && !ruleSet;
  const rest = isPlain ? 0 : JSON.stringify([references, metadata, ruleSet]).length;
  return schema.length + rest + key.length + OVERHEAD_CHARACTERS;
}

function sizeOfState({ versions, settings }: SubjectState, key: string): number {
  const rest = isSet(Object.values(settings)) ? JSON.stringify(settings).length : 0;
  return versions.length * VERSION_CHARACTERS + rest + key.length + OVERHEAD_CHARACTERS;
}

const sizeOfName = (_: unknown, key: string): number => key.length + OVERHEAD_CHARACTERS;

function isSet(settings: readonly Settings[]): boolean {
  return settings.some(({ config, mode }) => config !== undefined || mode !== undefined);
}

function schemaKey(context: string, id: number): string {
  return `${context}\n${id}`;
}

function keyOf({ context, subject }: SubjectName): string {
  return `${context}\n${subject}`;
}
