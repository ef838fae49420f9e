import type { Log } from '../../../log.ts';
import { inParallel } from '../../../waiting/in-parallel.ts';
import { type Bucket, ObjectRefused } from '../../bucket.ts';
import { type Database, StoreUnavailable } from '../../database.ts';
import { LeaseLost } from '../lease.ts';
import { archiveStatement } from '../sql.ts';
import { collectGarbage } from './collect-garbage.ts';
import { findManifest, listManifests, listNames } from './find-snapshot.ts';
import { expired, type Keep } from './keep.ts';
import { BadSnapshot, type Manifest, manifestKey, type SnapshotSummary, timeIn } from './manifest.ts';
import type { Schedule } from './schedule.ts';
import { snapshotStatement } from './sql.ts';
import { type Taken, takeSnapshot } from './take-snapshot.ts';

export interface SnapshotOptions {
  /** Undefined: only what persons ask for. */
  readonly schedule?: Schedule | undefined;
  readonly keep?: Keep | undefined;
  /** How long what is removed stays at least: whoever lost the lease may still be writing a snapshot that names it. */
  readonly graceMs?: number | undefined;
}

export interface SnapshotCounts {
  /** One was taken, in that time. */
  snapshotTaken(snapshot: Pick<Taken, 'seconds' | 'requests' | 'bytes'>): void;
  /** One that was due could not be taken. */
  snapshotFailed(): void;
}

export interface SnapshotsParts extends SnapshotOptions {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly log: Log;
  readonly registryName: string | undefined;
  readonly holder: string;
  readonly inLease: () => AbortSignal;
  readonly counts: Partial<SnapshotCounts>;
  /** Contents that are about to be removed, until they are. */
  readonly removing: (digests: readonly string[]) => void;
}

/** The snapshots of an archive, by the replica that ships to it. */
export interface Snapshots {
  /** Finds out what there is. */
  begin(): Promise<void>;
  /** Whether a content that is removed may be one that a snapshot names. */
  keepsGone(): boolean;
  /**
   * Does what was asked for or is due. All that the database has is in the bucket but for what came last.
   * @returns whether there may be more
   * @throws LeaseLost, StoreUnavailable
   */
  step(): Promise<boolean>;
}

/** So many of the last ones are told of. */
const SUMMARIES = 5;
const REQUESTS_AT_ONCE = 8;
const RETRY_MS = 60_000;
const TIDY_MS = 60 * 60_000;
/** A drill or a restore may be reading it. */
const LEAST_AGE_MS = 60 * 60_000;
const GRACE_MS = 60_000;
export const defaultKeep: Keep = { hourly: 24, daily: 7, weekly: 4 };

export function openSnapshots(parts: SnapshotsParts): Snapshots {
  const { database, bucket, log, registryName, holder, schedule, inLease, counts, removing } = parts;
  const { keep = defaultKeep, graceMs = GRACE_MS } = parts;
  /** Names of all in the bucket, also of those that cannot be read. */
  let names: readonly string[] = [];
  const summaries = new Map<string, SnapshotSummary>();
  /** There may be parts that no manifest has. */
  let arePartsLeft = true;
  /** False while there may be one whose name is not known: S3 may have taken it and not said so. */
  let areAllKnown = false;
  let failure: string | undefined;
  let dueAgainAt = Number.NEGATIVE_INFINITY;
  let tidyAt = Number.POSITIVE_INFINITY;
  const request = <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => work(inLease());

  return {
    async begin() {
      await look();
      await note();
      tidyAt = performance.now();
    },
    keepsGone: () => names.length > 0 || !areAllKnown,
    async step() {
      const [asked] = await database.query<{ name: string; is_removal: boolean }>(
        snapshotStatement('snapshotAsked'),
      );
      if (asked) {
        await (asked.is_removal ? removeAsked(asked.name) : takeAsked(asked.name));
        return true;
      }
      if (await isDue()) await takeDue();
      else if (performance.now() >= tidyAt) await tidy();
      return false;
    },
  };

  async function look(): Promise<void> {
    names = await listNames(bucket, request);
    areAllKnown = true;
  }

  async function takeAsked(name: string): Promise<void> {
    try {
      await take(name);
      await database.query(snapshotStatement('snapshotAnswered'), [name]);
    } catch (error) {
      if (!(error instanceof BadSnapshot || error instanceof ObjectRefused)) throw error;
      await database.query(snapshotStatement('snapshotRefused'), [name, error.message]);
    }
    await tidy();
  }

  async function removeAsked(name: string): Promise<void> {
    await look();
    if (!names.includes(name)) {
      const words = `there is no snapshot ${name}`;
      await database.query(snapshotStatement('snapshotRefused'), [name, words]);
      return;
    }
    await request((signal) => bucket.remove(manifestKey(name), signal));
    arePartsLeft = true;
    log.info('snapshot removed', { name });
    await database.query(snapshotStatement('snapshotAnswered'), [name]);
    await tidy();
  }

  /** What was missed is caught up with one. */
  async function isDue(): Promise<boolean> {
    if (!schedule || performance.now() < dueAgainAt) return false;
    const last = names.flatMap((name) => timeIn(name) ?? []).toSorted((a, b) => b.getTime() - a.getTime())[0];
    if (last === undefined) return true;
    const next = schedule.nextAfter(last).getTime();
    if (next > Date.now()) return false;
    // Snapshots are called by the database's clock, and one that goes slow would take this for the time before.
    const [row] = await database.query<{ now: string }>(archiveStatement('archiveNow'));
    return next <= Number(row?.now ?? 0) * 1000;
  }

  async function takeDue(): Promise<void> {
    try {
      await take(undefined);
      failure = undefined;
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof StoreUnavailable) throw error;
      const { message } = error as Error;
      counts.snapshotFailed?.();
      arePartsLeft = true;
      log.warn('snapshot fails', { cause: message });
      failure = message;
      dueAgainAt = performance.now() + RETRY_MS;
      await note();
      return;
    }
    await tidy();
  }

  async function take(name: string | undefined): Promise<void> {
    areAllKnown = false;
    const taken = await takeSnapshot({ database, bucket, name, registryName, inLease });
    const { manifest, seconds, requests, bytes } = taken;
    names = [...names, manifest.name];
    areAllKnown = true;
    summaries.set(manifest.name, summaryOf(manifest));
    counts.snapshotTaken?.(taken);
    log.info('snapshot taken', {
      name: manifest.name,
      ...manifest.counts,
      seconds: Math.round(seconds * 1000) / 1000,
      requests,
      bytes,
    });
  }

  /** Removes those that are kept no longer, and what no other names. Damage means that nothing is removed. */
  async function tidy(): Promise<void> {
    tidyAt = performance.now() + TIDY_MS;
    try {
      await look();
      await removeExpired();
      await note();
      const { removed } = await collectGarbage({
        database,
        bucket,
        readManifests: () => listManifests(bucket, names, request),
        names,
        arePartsLeft,
        graceMs,
        request,
        removing,
      });
      arePartsLeft = false;
      if (removed > 0) log.info('contents that no snapshot names are removed', { contents: removed });
    } catch (error) {
      if (error instanceof LeaseLost || error instanceof StoreUnavailable) throw error;
      log.warn('what no snapshot needs any more stays', { cause: (error as Error).message });
      tidyAt = performance.now() + RETRY_MS;
    }
  }

  async function removeExpired(): Promise<void> {
    if (!schedule) return;
    const scheduled = names.flatMap((name) => {
      const time = timeIn(name);
      return time ? [{ name, time }] : [];
    });
    const until = Date.now() - LEAST_AGE_MS;
    const old = expired(scheduled, keep).filter(({ time }) => time.getTime() < until);
    const gone = new Set(old.map(({ name }) => name));
    if (gone.size === 0) return;
    arePartsLeft = true;
    for (const name of gone) await request((signal) => bucket.remove(manifestKey(name), signal));
    names = names.filter((name) => !gone.has(name));
    log.info('snapshots expired', { names: [...gone] });
  }

  /** Tells every server of the last ones. One that cannot be read is not among them. */
  async function note(): Promise<void> {
    for (const name of summaries.keys()) if (!names.includes(name)) summaries.delete(name);
    const unknown = names.filter((name) => !summaries.has(name));
    await inParallel(unknown, REQUESTS_AT_ONCE, async (name) => {
      try {
        const manifest = await findManifest(bucket, name, request);
        if (manifest) summaries.set(name, summaryOf(manifest));
      } catch (error) {
        if (!(error instanceof BadSnapshot)) throw error;
      }
    });
    const last = [...summaries.values()]
      .toSorted((one, other) => Date.parse(other.created) - Date.parse(one.created))
      .slice(0, SUMMARIES);
    await database.query(snapshotStatement('snapshotsNote'), [holder, JSON.stringify(last), failure ?? null]);
  }
}

function summaryOf({ name, created, counts }: Manifest): SnapshotSummary {
  return { name, created, counts };
}
