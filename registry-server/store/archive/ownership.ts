import type { Log } from '../../log.ts';
import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import { ForeignArchive } from './archive-health.ts';
import { type ArchiveState, readState } from './archive-state.ts';
import { CLAIM_KEY, FORMAT, REGISTRY_KEY, type RegistryRecord, seal, unseal } from './layout.ts';
import { archiveStatement } from './sql.ts';

export interface OwnershipParts {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly log: Log;
  /** What the registry is called; undefined where it has no name. */
  readonly name: string | undefined;
  /** Ends a request when this replica may write no longer. */
  readonly inLease: () => AbortSignal;
}

/**
 * Makes sure that the bucket is this registry's, and that what is to be noted for it is.
 * @throws ForeignArchive
 */
export async function takeOver(parts: OwnershipParts, holder: string): Promise<void> {
  const { database, bucket, log, name, inLease } = parts;
  const state = await readState(database);
  const text = await bucket.find(REGISTRY_KEY, inLease());
  const found = text === undefined ? undefined : unseal<RegistryRecord>(text);
  if (found && found.registryId !== state.registry_id) {
    throw new ForeignArchive(
      `${bucket.address} holds the archive of another registry: choose another S3_PREFIX, or rebuild this registry from it`,
    );
  }
  if (found && found.format > FORMAT) {
    throw new ForeignArchive(`${bucket.address} was written by a newer version of the server`);
  }
  // What is complete stays so: it is at least what it was.
  if (!found || (name !== undefined && found.name !== name)) {
    await putRegistry(parts, state, found, found?.isComplete ?? false);
  }
  if (found && state.is_on && state.destination === bucket.address) return;
  await database.query(archiveStatement('archiveSwitchOn'), [holder, bucket.address]);
  log.info('archive begins', { address: bucket.address });
}

/**
 * Writes whose archive it is.
 * @param found what stands there now
 */
export async function putRegistry(
  { bucket, name, inLease }: OwnershipParts,
  { registry_id: registryId, first_id: firstId }: ArchiveState,
  found: RegistryRecord | undefined,
  isComplete: boolean,
): Promise<void> {
  const named = name === undefined ? {} : { name };
  const restored = found?.restoredAt === undefined ? {} : { restoredAt: found.restoredAt };
  const record: RegistryRecord = { format: FORMAT, registryId, isComplete, firstId, ...named, ...restored };
  await bucket.put(REGISTRY_KEY, seal(record), inLease());
}

/** A registry of the same name wants to be restored from here: it is told that this archive is in use. */
export async function answerClaims({ bucket, log, inLease }: OwnershipParts): Promise<void> {
  if ((await bucket.find(CLAIM_KEY, inLease())) === undefined) return;
  await bucket.remove(CLAIM_KEY, inLease());
  const { address } = bucket;
  log.warn('another registry wants to be restored from the archive of this one', { address });
}
