import type { Log } from '../../log.ts';
import { BucketUnavailable, ObjectRefused } from '../bucket.ts';
import { type Database, StoreUnavailable } from '../database.ts';
import { statementFailure } from '../statement-failure.ts';
import type { DrillRecord } from './layout.ts';
import { LeaseLost } from './lease.ts';
import type { SnapshotSummary } from './snapshots/manifest.ts';
import { archiveStatement } from './sql.ts';

export interface ArchiveStatus {
  /** Unknown until it was tried. */
  readonly status: 'up' | 'down' | 'unknown';
  readonly cause: string | undefined;
  /** Changes that are not in the bucket yet, and the age of the oldest. */
  readonly pending: number;
  readonly lagSeconds: number;
  /** What was there before the archive was switched on has been noted, too. */
  readonly isComplete: boolean;
  /** Undefined where there was none yet. */
  readonly lastDrill?: DrillRecord | undefined;
  /** The last ones, newest first. */
  readonly snapshots: readonly SnapshotSummary[];
  /** Why the last one that was due could not be taken. */
  readonly snapshotFailure: string | undefined;
}

export interface ArchiveCounts {
  /** One object was written or removed, in that time. */
  shipped(seconds: number): void;
  failed(): void;
}

/** The bucket is the archive of another registry: writing there would destroy it. */
export class ForeignArchive extends Error {
  override readonly name = 'ForeignArchive';
}

/** How the archive was last seen, and what was logged of it. */
export class ArchiveHealth {
  readonly #address: string;
  readonly #log: Log;
  readonly #counts: ArchiveCounts;
  #seen: ArchiveStatus = {
    status: 'unknown',
    cause: undefined,
    pending: 0,
    lagSeconds: 0,
    isComplete: false,
    snapshots: [],
    snapshotFailure: undefined,
  };
  /** What S3 does not take of the last batch, in words. */
  #refusal: string | undefined;
  /** What was logged last of a database that is out. */
  #lastCause = '';
  #lookedAt = Number.NEGATIVE_INFINITY;
  #reachedAt = Number.NEGATIVE_INFINITY;

  constructor(address: string, log: Log, counts: ArchiveCounts) {
    this.#address = address;
    this.#log = log;
    this.#counts = counts;
  }

  get status(): ArchiveStatus {
    if (this.#refusal === undefined || this.#seen.status === 'down') return this.#seen;
    return { ...this.#seen, status: 'down', cause: this.#refusal, isComplete: false };
  }

  get sinceLookMs(): number {
    return performance.now() - this.#lookedAt;
  }

  get sinceReachedMs(): number {
    return performance.now() - this.#reachedAt;
  }

  /** Something changed, and is not in the bucket yet. */
  changed(): void {
    this.#seen = { ...this.#seen, pending: Math.max(1, this.#seen.pending) };
  }

  /** S3 has answered. */
  reached(): void {
    this.#reachedAt = performance.now();
    if (this.#seen.status === 'down') this.#log.info('archive is back', { address: this.#address });
    this.#seen = { ...this.#seen, status: 'up', cause: undefined };
  }

  /** @param refused each object that S3 refused, with its words */
  refused([first, ...more]: readonly string[]): void {
    this.#refusal =
      first === undefined
        ? undefined
        : `S3 refuses ${first}${more.length === 0 ? '' : `, and ${more.length} more`}`;
  }

  /** A drill is done elsewhere, and leaves in the bucket how it went. */
  drilled(lastDrill: DrillRecord | undefined): void {
    this.#seen = { ...this.#seen, lastDrill };
  }

  stepped(): void {
    this.#lastCause = '';
  }

  failed(error: Error): void {
    const { message } = error;
    if (
      error instanceof BucketUnavailable ||
      error instanceof ForeignArchive ||
      error instanceof ObjectRefused
    ) {
      this.#counts.failed();
      if (this.#seen.cause !== message) this.#log.warn('archive is out', { cause: message });
      this.#seen = { ...this.#seen, status: 'down', cause: message };
    } else if (error instanceof StoreUnavailable) {
      if (this.#lastCause !== message) {
        this.#log.warn('archive waits for the database', { cause: message, ...statementFailure(error) });
      }
      this.#lastCause = message;
    } else if (!(error instanceof LeaseLost)) {
      this.#counts.failed();
      this.#log.error('archive fails', statementFailure(error) ?? { cause: message, stack: error.stack });
      this.#seen = { ...this.#seen, status: 'down', cause: 'the archive fails, see the log' };
    }
  }

  /** Asks the database how much waits. */
  async look(database: Database): Promise<void> {
    try {
      const [row] = await database.query<{
        pending: number;
        lag_seconds: number;
        is_complete: boolean;
        snapshots: ArchiveStatus['snapshots'] | null;
        snapshot_failure: string | null;
      }>(archiveStatement('archiveBacklog'));
      this.#lookedAt = performance.now();
      if (!row) throw new Error('the table archive has no row');
      const { pending, lag_seconds: lagSeconds, is_complete: isComplete, snapshots, snapshot_failure } = row;
      this.#seen = {
        ...this.#seen,
        pending,
        lagSeconds,
        isComplete,
        snapshots: snapshots ?? [],
        snapshotFailure: snapshot_failure ?? undefined,
      };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) this.failed(error as Error);
    }
  }
}
