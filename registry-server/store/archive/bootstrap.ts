import type { Log } from '../../log.ts';
import { type Bucket, BucketUnavailable } from '../bucket.ts';
import type { Database } from '../database.ts';
import { BootstrapFailed } from '../not-served.ts';
import { fill, isUnwritten } from './fill.ts';
import { CannotRebuild } from './rebuild.ts';
import { bucketAt } from './snapshots/bucket-at.ts';
import { getSnapshot } from './snapshots/find-snapshot.ts';

export interface Bootstrapping {
  readonly database: Database;
  /** Opens the archive of the other registry, which is only read. */
  readonly openSource: () => Promise<Bucket | undefined>;
  readonly log: Log;
  /** A snapshot, by its name or a time; undefined: what that archive has now. */
  readonly at: string | undefined;
  /** What is missing or damaged is left out. */
  readonly isPartial: boolean;
  readonly tell: (words: string) => void;
  readonly signal: AbortSignal;
}

const REQUEST_DEADLINE_MS = 10_000;

/**
 * Begins a new registry with what the archive of another one holds: subjects, versions, ids, configs and modes. A database
 * that holds anything, or was archived before, has begun already.
 * @throws BootstrapFailed where the archive is not there, is damaged, or cannot be read
 * @throws StoreUnavailable
 */
export async function bootstrap(bootstrapping: Bootstrapping): Promise<void> {
  const { database, openSource, log, at, isPartial, tell, signal } = bootstrapping;
  if (!(await isUnwritten(database))) return;
  const source = await openSource();
  if (!source) return;
  const { address } = source;
  const deadline = () => AbortSignal.any([signal, AbortSignal.timeout(REQUEST_DEADLINE_MS)]);
  try {
    tell(`restoring from ${address}: looking what is there`);
    const bucket = at === undefined ? source : bucketAt(source, await getSnapshot(source, at));
    const problems = await fill({ database, bucket, log, tell, deadline, isPartial, isNew: true });
    if (problems === undefined) return;
    throw new BootstrapFailed(
      `the archive at ${address}, which this registry is to begin with, is damaged: ${problems}; put back what is missing, or set BOOTSTRAP_PARTIAL (spec.bootstrap.archive.partial) to true to do without it`,
    );
  } catch (error) {
    if (error instanceof CannotRebuild) throw new BootstrapFailed(error.message, { cause: error });
    if (!(error instanceof BucketUnavailable)) throw error;
    throw new BootstrapFailed(
      `the archive that this registry is to begin with cannot be read: ${error.message}`,
      { cause: error },
    );
  } finally {
    source.close();
  }
}
