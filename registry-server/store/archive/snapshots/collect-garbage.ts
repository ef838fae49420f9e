import { inParallel } from '../../../waiting/in-parallel.ts';
import type { Bucket } from '../../bucket.ts';
import type { Database } from '../../database.ts';
import { folders, keys } from '../layout.ts';
import { BadSnapshot, digestIn, type Manifest, partKey, readPart } from './manifest.ts';
import { snapshotStatement } from './sql.ts';

export interface Collecting {
  readonly database: Database;
  readonly bucket: Bucket;
  /** Reads all that are there. @throws BadSnapshot where one cannot be read: then nothing is removed */
  readonly readManifests: () => Promise<readonly Manifest[]>;
  /** The names of all that are there. */
  readonly names: readonly string[];
  /** Whether there may be parts that no manifest has. */
  readonly arePartsLeft: boolean;
  /** For how long something has been garbage at least. */
  readonly graceMs: number;
  /** Makes one request to the bucket, in the time that the lease has. */
  readonly request: <T>(work: (signal: AbortSignal) => Promise<T>) => Promise<T>;
  /** What is about to be removed: where the lease ends meanwhile, it may go after somebody else has written it anew. */
  readonly removing: (digests: readonly string[]) => void;
}

const REQUESTS_AT_ONCE = 16;
const DIGESTS_AT_ONCE = 50_000;

/**
 * Removes the parts that no manifest has, and the contents of no schema that none of them names. What is found to be named
 * is noted with the snapshot that does, and looked for again when that is gone: parts are only read for what is new.
 * @throws BadSnapshot where a part cannot be read: then nothing more is removed
 */
export async function collectGarbage(collecting: Collecting): Promise<{ readonly removed: number }> {
  const { database, bucket, readManifests, names, arePartsLeft, graceMs, request, removing } = collecting;
  await database.query(snapshotStatement('garbageForget'));
  const rows = await database.query<{ digest: string }>(snapshotStatement('garbageUnnamed'), [
    JSON.stringify(names),
    graceMs,
    DIGESTS_AT_ONCE,
  ]);
  const unnamed = new Set(rows.map(({ digest }) => digest));
  if (unnamed.size === 0 && !arePartsLeft) return { removed: 0 };
  const manifests = await readManifests();
  if (arePartsLeft) await removeParts();
  if (unnamed.size === 0) return { removed: 0 };
  const named = await findNamed(unnamed);
  if (named.length > 0) await database.query(snapshotStatement('garbageNamed'), [JSON.stringify(named)]);
  const gone = [...unnamed];
  removing(gone);
  await inParallel(gone, REQUESTS_AT_ONCE, (digest) =>
    request((signal) => bucket.remove(keys.content(digest), signal)),
  );
  removing([]);
  await database.query(snapshotStatement('garbageGone'), [JSON.stringify(gone)]);
  return { removed: gone.length };

  async function removeParts(): Promise<void> {
    const held = new Set(manifests.flatMap(({ parts }) => parts.map(({ digest }) => digest)));
    let next: string | undefined;
    do {
      const page = await request((signal) => bucket.list(folders.parts, next, signal));
      const left = page.keys.filter((key) => {
        const digest = digestIn(key);
        return digest !== undefined && !held.has(digest);
      });
      await inParallel(left, REQUESTS_AT_ONCE, (key) => request((signal) => bucket.remove(key, signal)));
      next = page.next;
    } while (next !== undefined);
  }

  /** Takes what is named out of `digests`, and answers it with a snapshot that names it: the newest, which is kept longest. */
  async function findNamed(digests: Set<string>): Promise<{ digest: string; name: string }[]> {
    const found: { digest: string; name: string }[] = [];
    const read = new Set<string>();
    for (const { name, parts } of manifests.toReversed()) {
      const fresh = parts.filter(({ kind, digest }) => kind !== 'context' && !read.has(digest));
      await inParallel(fresh, REQUESTS_AT_ONCE, async (part) => {
        if (digests.size === 0) return;
        read.add(part.digest);
        const key = partKey(part.digest);
        const bytes = await request((signal) => bucket.findBytes(key, signal));
        const records = bytes && (await readPart(part, bytes));
        if (!records) throw new BadSnapshot(`${key}: ${bytes ? 'damaged' : 'missing'}`);
        for (const record of records) {
          const pointing = 'versions' in record ? record.versions : 'digest' in record ? [record] : [];
          for (const { digest } of pointing) if (digests.delete(digest)) found.push({ digest, name });
        }
      });
      if (digests.size === 0) break;
    }
    return found;
  }
}
