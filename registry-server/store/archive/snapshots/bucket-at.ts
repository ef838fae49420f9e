import { inParallel } from '../../../waiting/in-parallel.ts';
import type { Bucket, KeyPage } from '../../bucket.ts';
import {
  type ContextRecord,
  FORMAT,
  folders,
  keys,
  REGISTRY_KEY,
  type RegistryRecord,
  seal,
  unseal,
} from '../layout.ts';
import {
  BadSnapshot,
  type Manifest,
  manifestKey,
  type Part,
  partKey,
  type RecordKind,
  readPart,
  type SnapshotRecord,
} from './manifest.ts';

const REQUESTS_AT_ONCE = 32;

const kindOf: ReadonlyMap<string, RecordKind> = new Map([
  [folders.contexts, 'context'],
  [folders.subjects, 'subject'],
  [folders.loose, 'loose'],
]);

/**
 * The bucket of an archive as it was at a snapshot, to be read page by page: what is listed last can be read.
 * Ids that were given since then count as given: of each context the highest that the archive knows is there, and a context
 * that is younger than the snapshot is a removed one.
 * @param restoredAt how it was asked for, where that is to be noted
 * @throws BadSnapshot where it is not of the registry whose archive this is
 */
export function bucketAt(bucket: Bucket, manifest: Manifest, restoredAt?: string): Bucket {
  let page = new Map<string, string>();
  /** Of the contexts of today: the highest id, or undefined for a record that cannot be read. */
  let lastIds: ReadonlyMap<string, ContextRecord | undefined> = new Map();
  /** Keys of contexts that the snapshot has. */
  const seen = new Set<string>();

  return {
    ...bucket,
    async find(key, signal) {
      if (key === REGISTRY_KEY) return seal(ownerAt(await bucket.find(key, signal)));
      return page.get(key) ?? bucket.find(key, signal);
    },
    async list(below, next, signal) {
      const kind = kindOf.get(below);
      if (kind === undefined) return bucket.list(below, next, signal);
      page = new Map();
      if (kind === 'context' && next === undefined) lastIds = await readLastIds(signal);
      const parts = manifest.parts.filter((part) => part.kind === kind);
      const index = Number(next ?? 0);
      const part = parts[index];
      if (!part) return kind === 'context' ? youngerContexts() : { keys: [], next: undefined };
      const hasMore = index + 1 < parts.length || kind === 'context';
      return { keys: await readPage(part, signal), next: hasMore ? `${index + 1}` : undefined };
    },
  };

  function ownerAt(text: string | undefined): RegistryRecord {
    const now = text === undefined ? undefined : unseal<RegistryRecord>(text);
    ensureSameRegistry(now);
    return {
      format: FORMAT,
      ...now,
      registryId: manifest.registryId,
      // A snapshot is of an archive that was complete.
      isComplete: true,
      firstId: Math.max(manifest.firstId, now?.firstId ?? 1),
      ...(restoredAt === undefined ? {} : { restoredAt }),
    };
  }

  function ensureSameRegistry(now: RegistryRecord | undefined): void {
    if (now === undefined || now.registryId === manifest.registryId) return;
    throw new BadSnapshot(
      `${manifestKey(manifest.name)}: is of the registry ${manifest.registryName ?? manifest.registryId}, and ${bucket.address} is the archive of ${now.name ?? now.registryId}: take it from where it was made`,
    );
  }

  /** @returns the keys of its records; its own where it cannot be read, so that whoever asks for it finds out why */
  async function readPage(part: Part, signal: AbortSignal): Promise<readonly string[]> {
    const key = partKey(part.digest);
    const bytes = await bucket.findBytes(key, signal);
    const records = bytes && (await readPart(part, bytes));
    if (!records) return [key];
    page = new Map(
      records.map((record) => {
        const one = { kind: part.kind, record } as SnapshotRecord;
        return [keyOf(one), seal(one.kind === 'context' ? raised(one.record) : one.record)];
      }),
    );
    if (part.kind !== 'context') return [...page.keys()];
    // What the archive knows of today's ids cannot be read: it is damaged, and is said to be.
    for (const name of page.keys()) if (lastIds.has(name) && !lastIds.get(name)) page.delete(name);
    return records.map((record) => keyOf({ kind: 'context', record: record as ContextRecord }));
  }

  function raised(record: ContextRecord): ContextRecord {
    const now = lastIds.get(keys.context(record.context))?.lastId;
    seen.add(keys.context(record.context));
    return now === undefined ? record : { ...record, lastId: Math.max(now, record.lastId ?? 0) };
  }

  async function readLastIds(signal: AbortSignal): Promise<ReadonlyMap<string, ContextRecord | undefined>> {
    seen.clear();
    const found = new Map<string, ContextRecord | undefined>();
    let next: string | undefined;
    do {
      const listed: KeyPage = await bucket.list(folders.contexts, next, signal);
      const ours = listed.keys.filter((key) => key.endsWith('.json'));
      await inParallel(ours, REQUESTS_AT_ONCE, async (key) => {
        const text = await bucket.find(key, signal);
        found.set(key, text === undefined ? undefined : unseal<ContextRecord>(text));
      });
      next = listed.next;
    } while (next !== undefined);
    return found;
  }

  function youngerContexts(): KeyPage {
    const younger = [...lastIds].filter(([key]) => !seen.has(key));
    page = new Map(
      younger.flatMap(([key, record]) => {
        if (record === undefined) return [];
        const { context, lastId } = record;
        // One that has settings only gave no ids.
        return [[key, seal(lastId === undefined ? { context } : { context, lastId, isRemoved: true })]];
      }),
    );
    return { keys: younger.map(([key]) => key), next: undefined };
  }
}

function keyOf({ kind, record }: SnapshotRecord): string {
  switch (kind) {
    case 'context':
      return keys.context(record.context);
    case 'subject':
      return keys.subject(record);
    case 'loose':
      return keys.loose(record.context, record.id);
  }
}
