import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { type Bucket, BucketUnavailable } from '../bucket.ts';
import type { Connection, Database } from '../database.ts';
import { beginAbove, type Identity } from '../identity/identity.ts';
import { DataLost } from '../not-served.ts';
import { fill, isUnwritten } from './fill.ts';
import {
  CLAIM_KEY,
  type ClaimRecord,
  folders,
  REGISTRY_KEY,
  type RegistryRecord,
  seal,
  unseal,
} from './layout.ts';
import { CannotRebuild } from './rebuild.ts';
import type { Restore } from './restores.ts';
import { bucketAt } from './snapshots/bucket-at.ts';
import { getSnapshot } from './snapshots/find-snapshot.ts';
import { BadSnapshot } from './snapshots/manifest.ts';

/** How often whoever ships to an archive looks whether somebody else wants to be restored from it. */
export const CLAIMS_MS = 3_000;
const CLAIM_MS = 3 * CLAIMS_MS;
const REQUEST_DEADLINE_MS = 10_000;
/** How long S3 is asked for before a registry that nobody says anything of is taken for a new one. */
const UNKNOWN_MS = 5_000;
const UNKNOWN_PAUSE_MS = 500;

export interface Recovering {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly log: Log;
  /** What the registry is called; undefined where it has no name. */
  readonly name: string | undefined;
  /**
   * Undefined: what is this registry's own by its name is brought back, and nothing else; where S3 cannot be asked, the
   * registry is taken for a new one.
   */
  readonly restore: Restore | undefined;
  /** A snapshot or a time, to which a registry is brought back once. Undefined: to the last that there was. */
  readonly restoreAt?: string | undefined;
  /** The registry is to begin with another one's archive where it has none of its own, which has to be known then. */
  readonly isBootstrapped?: boolean | undefined;
  /** The database that the registry had; undefined: nobody knows, and it may be new. */
  readonly expected?: Identity | undefined;
  readonly tell: (words: string) => void;
  readonly signal: AbortSignal;
  /** How long somebody who ships there has for an answer. */
  readonly claimMs?: number;
}

/**
 * Fills a database that has lost what the registry had. One that holds anything, or was archived before, is what it was;
 * where there is no archive, the registry is new.
 * @throws DataLost where the archive is not to be taken, or cannot be
 * @throws StoreUnavailable
 */
export async function recover(recovering: Recovering): Promise<void> {
  const {
    database,
    bucket,
    log,
    name,
    restore,
    restoreAt,
    isBootstrapped,
    expected,
    tell,
    signal,
    claimMs = CLAIM_MS,
  } = recovering;
  if (!(await isUnwritten(database, expected))) return;
  const isKnown = restore !== undefined || isBootstrapped || expected !== undefined;
  const record = await (isKnown ? findRecord() : findRecordInTime());
  if (record === undefined) return;
  if (name !== undefined && record.name !== undefined && record.name !== name) {
    throw new DataLost(
      `${bucket.address} holds the archive of the registry ${record.name}, and this one is ${name}: choose another S3_PREFIX`,
    );
  }
  const isExpected = expected !== undefined && record.registryId === expected.registryId;
  if (expected !== undefined && record.registryId !== undefined && !isExpected) {
    throw new DataLost(
      `the database is empty, that of registry ${expected.registryId} is expected, and ${bucket.address} holds the archive of registry ${record.registryId}: choose another S3_PREFIX`,
    );
  }
  const isOwn = isExpected || (name !== undefined && record.name === name);
  if (restore === 'Never' || (restore === undefined && !isOwn)) {
    throw new DataLost(
      `the database is empty, and ${bucket.address} holds the archive of a registry: set S3_RESTORE (spec.artifacts.s3.restore) to WhenEmpty to bring it back, or choose another S3_PREFIX to begin anew`,
    );
  }
  try {
    const isPartial = restore === 'Partial';
    const from = await findSource(record.restoredAt);
    // What is known may be newer than what was shipped.
    const done = (connection: Connection) => (expected ? beginAbove(connection, expected) : undefined);
    const how = { isPartial, begun: claim, done };
    const problems = await fill({ database, log, tell, deadline, ...how, ...from });
    if (problems === undefined) return;
    throw new DataLost(
      `the database is empty, and the archive at ${bucket.address} is damaged: ${problems}; put back what is missing, or set S3_RESTORE (spec.artifacts.s3.restore) to Partial to do without it`,
    );
  } catch (error) {
    if (error instanceof BucketUnavailable) throw unreachable(error);
    if (error instanceof CannotRebuild) throw new DataLost(error.message, { cause: error });
    throw error;
  }

  /** The archive as it is, or as it was when a person wants it to be. */
  async function findSource(restoredAt: string | undefined) {
    // It goes on from there: after another loss it is to be what it was last.
    if (restoreAt === undefined || restoreAt === restoredAt) return { bucket };
    const manifest = await getSnapshot(bucket, restoreAt).catch((error: Error) => {
      if (!(error instanceof BadSnapshot)) throw error;
      throw new BadSnapshot(`S3_RESTORE_AT (spec.artifacts.s3.restoreAt): ${error.message}`, {
        cause: error,
      });
    });
    log.info('the registry is brought back to a snapshot', {
      name: manifest.name,
      created: manifest.created,
    });
    const { subjects } = manifest.counts;
    return { bucket: bucketAt(bucket, manifest, restoreAt), subjects, isOlder: true };
  }

  function deadline(): AbortSignal {
    return AbortSignal.any([signal, AbortSignal.timeout(REQUEST_DEADLINE_MS)]);
  }

  function unreachable(error: BucketUnavailable): DataLost {
    return new DataLost(
      `the database is empty, and whether ${bucket.address} holds what it had cannot be known: ${error.message}`,
      { cause: error },
    );
  }

  async function findRecordInTime(): Promise<Partial<RegistryRecord> | undefined> {
    for (const startedMs = performance.now(); ; ) {
      try {
        return await findRecord();
      } catch (error) {
        if (!(error instanceof DataLost)) throw error;
        if (performance.now() - startedMs > UNKNOWN_MS) {
          log.warn('the registry is taken for a new one', { cause: error.message });
          return undefined;
        }
        tell(error.message);
        await delay(UNKNOWN_PAUSE_MS, undefined, { signal });
      }
    }
  }

  async function findRecord(): Promise<Partial<RegistryRecord> | undefined> {
    try {
      const text = await bucket.find(REGISTRY_KEY, deadline());
      if (text !== undefined) return unseal<RegistryRecord>(text) ?? {};
      // Without its first object it is an archive all the same.
      return (await bucket.list(folders.subjects, undefined, deadline())).keys.length > 0 ? {} : undefined;
    } catch (error) {
      if (error instanceof BucketUnavailable) throw unreachable(error);
      throw error;
    }
  }

  /** Two registries must not ship to one archive: whoever ships there now takes the claim away. */
  async function claim(): Promise<void> {
    tell(`restoring from ${bucket.address}: waiting whether somebody else uses it`);
    const claimed = seal({ holder: randomUUID() } satisfies ClaimRecord);
    await bucket.put(CLAIM_KEY, claimed, deadline());
    await delay(claimMs, undefined, { signal });
    const found = await bucket.find(CLAIM_KEY, deadline());
    if (found !== claimed) {
      throw new DataLost(
        `the database is empty, and another registry ships to ${bucket.address}: choose another S3_PREFIX, or stop the other one`,
      );
    }
    await bucket.remove(CLAIM_KEY, deadline());
  }
}
