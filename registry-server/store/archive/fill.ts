import type { Log } from '../../log.ts';
import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import type { Identity } from '../identity/identity.ts';
import { readState } from './archive-state.ts';
import { folders } from './layout.ts';
import { DatabaseNotEmpty, type Rebuilding, rebuild } from './rebuild.ts';
import { rebuildStatement } from './sql.ts';

export interface Filling extends Pick<Rebuilding, 'isPartial' | 'isNew' | 'isOlder' | 'begun' | 'done'> {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly log: Log;
  /** How far it has come. */
  readonly tell: (words: string) => void;
  readonly deadline: () => AbortSignal;
  /** How many subjects there are, where that is known; else they are counted. */
  readonly subjects?: number | undefined;
}

const MAX_NAMED = 3;

/** Nothing was ever registered in it, it was never archived, and it is none that was expected to be so. */
export async function isUnwritten(database: Database, expected?: Identity): Promise<boolean> {
  const { is_on: isOn, registry_id: registryId } = await readState(database);
  if (isOn || registryId === expected?.registryId) return false;
  const [found] = await database.query<{ is_empty: boolean }>(rebuildStatement('rebuildIsEmpty'));
  return found?.is_empty === true;
}

/**
 * Fills an empty database from a bucket before anything is served, unless another replica does so.
 * @returns what is wrong with the archive, where nothing was written because of it
 * @throws BucketUnavailable, CannotRebuild, StoreUnavailable
 */
export async function fill(filling: Filling): Promise<string | undefined> {
  const { database, bucket, log, tell, deadline, subjects: known, ...how } = filling;
  const problems: string[] = [];
  const startedMs = performance.now();
  try {
    const subjects = known ?? (await countSubjects());
    const { isWritten, ...counts } = await rebuild(database, bucket, {
      ...how,
      isDryRun: false,
      problem: (problem) => void problems.push(problem),
      progress(done) {
        const share = subjects === 0 ? 100 : Math.min(100, Math.floor((100 * done) / subjects));
        tell(`restoring from ${bucket.address}: ${done} of ${subjects} subjects, ${share} %`);
      },
    });
    for (const problem of problems) log.warn('the archive is damaged', { problem });
    if (!isWritten) return wordsOf(problems);
    const seconds = Math.round(performance.now() - startedMs) / 1000;
    log.info('restored', { address: bucket.address, ...counts, seconds });
    return undefined;
  } catch (error) {
    // Another replica was quicker.
    if (error instanceof DatabaseNotEmpty) return undefined;
    throw error;
  }

  async function countSubjects(): Promise<number> {
    let total = 0;
    let next: string | undefined;
    do {
      const page = await bucket.list(folders.subjects, next, deadline());
      total += page.keys.length;
      next = page.next;
    } while (next !== undefined);
    return total;
  }
}

function wordsOf(problems: readonly string[]): string {
  const named = problems.slice(0, MAX_NAMED).join('; ');
  const more = problems.length - MAX_NAMED;
  return more > 0 ? `${named}; and ${more} more` : named;
}
