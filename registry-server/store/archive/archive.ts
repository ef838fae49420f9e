import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { backOffMs } from '../../waiting/back-off.ts';
import type { Bucket } from '../bucket.ts';
import type { Database } from '../database.ts';
import type { Identity } from '../identity/identity.ts';
import { type ArchiveCounts, ArchiveHealth, type ArchiveStatus } from './archive-health.ts';
import { readState } from './archive-state.ts';
import { type Batch, readBatch } from './batch.ts';
import { DRILL_KEY, type DrillRecord, REGISTRY_KEY, type RegistryRecord, unseal } from './layout.ts';
import { LeaseLost, openLease } from './lease.ts';
import { answerClaims, type OwnershipParts, putRegistry, takeOver } from './ownership.ts';
import { CLAIMS_MS, recover } from './recover.ts';
import type { Restore } from './restores.ts';
import { type Named, nameOf, type Shipping, shipBatch } from './ship-batch.ts';
import { openSnapshots, type SnapshotCounts, type SnapshotOptions } from './snapshots/snapshots.ts';
import { archiveStatement } from './sql.ts';
import { noteNext, readWalk, type Walk } from './walk.ts';

export interface Archive {
  readonly address: string;
  /**
   * Brings back what the bucket has of this registry where the database has lost it. Once the tables are up to date, and
   * before anything is read or written.
   * @param tell how far it has come
   * @param expected the database that the registry had; undefined: nobody knows
   * @throws DataLost where the loss is not to be mended so, or cannot be
   */
  recover(tell: (words: string) => void, signal: AbortSignal, expected?: Identity): Promise<void>;
  /** Whether there is anything to bring a registry back from. */
  canRestore(): Promise<boolean>;
  /** Once the database is what it was. */
  start(): void;
  /** Something changed. */
  wake(): void;
  /** As it was last seen, which is seconds ago at most. */
  status(): ArchiveStatus;
  close(): Promise<void>;
}

export interface ArchiveOptions {
  /** What the registry is called, so that it knows its archive again. */
  readonly name?: string | undefined;
  readonly restore?: Restore | undefined;
  /** A snapshot, or a time: what the registry is brought back to. */
  readonly restoreAt?: string | undefined;
  /** Whether the registry begins with another one's archive, unless it has one of its own. */
  readonly isBootstrapped?: boolean | undefined;
  readonly tracer?: Pick<Tracer, 'inTrace'> | undefined;
  readonly snapshots?: SnapshotOptions | undefined;
}

const BATCH_ROWS = 500;
const REQUEST_DEADLINE_MS = 10_000;
const PROBE_DEADLINE_MS = 3_000;
const IDLE_MS = 5_000;
// A registration comes seldom alone, and its subject is written once for all of them.
const GATHER_MS = 100;
const RETRY = { firstMs: 500, longestMs: 10_000 };
const RENEWAL_MS = 3_000;
const LOOK_MS = 1_000;
/** How often it is asked how the last drill went. */
const DRILL_LOOK_MS = 10_000;

/**
 * Ships what the outbox names, as it is when it is shipped. One replica at a time; the others watch the lease. What
 * fails stays in the outbox: S3 that is away costs rows, never a registration.
 */
export function openArchive(
  database: Database,
  bucket: Bucket,
  log: Log,
  counts: ArchiveCounts & Partial<SnapshotCounts>,
  { name, restore, restoreAt, isBootstrapped, tracer, snapshots: snapshotOptions }: ArchiveOptions = {},
): Archive {
  const lease = openLease(database, randomUUID());
  const health = new ArchiveHealth(bucket.address, log, counts);
  const ownership: OwnershipParts = { database, bucket, log, name, inLease };
  const closing = new AbortController();
  let waking = new AbortController();
  let running: Promise<void> | undefined;
  let claimsSeenAt = Number.NEGATIVE_INFINITY;
  let drillSeenAt = Number.NEGATIVE_INFINITY;
  // What was shipped while the lease ran out: another replica may have shipped a newer state before ours arrived.
  let doubtful: readonly Named[] = [];
  let removing: readonly string[] = [];
  const snapshots = openSnapshots({
    ...snapshotOptions,
    database,
    bucket,
    log,
    registryName: name,
    holder: lease.holder,
    inLease,
    counts,
    removing(digests) {
      removing = digests;
    },
  });
  const shipping: Shipping = {
    database,
    bucket,
    log,
    inLease,
    shippedContexts: new Map(),
    shipped(seconds) {
      health.reached();
      counts.shipped(seconds);
    },
    failed: () => counts.failed(),
    keepsGone: () => snapshots.keepsGone(),
  };

  return {
    address: bucket.address,
    recover: (tell, signal, expected) =>
      recover({ database, bucket, log, name, restore, restoreAt, isBootstrapped, tell, signal, expected }),
    canRestore: async () =>
      (await bucket.find(REGISTRY_KEY, AbortSignal.timeout(PROBE_DEADLINE_MS))) !== undefined,
    start() {
      running ??= run();
    },
    wake() {
      health.changed();
      waking.abort();
    },
    status: () => health.status,
    async close() {
      closing.abort();
      await running;
      bucket.close();
    },
  };

  async function run(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      let pauseMs = IDLE_MS;
      try {
        if (await step()) pauseMs = 0;
        health.stepped();
        failures = 0;
      } catch (error) {
        if (closing.signal.aborted) break;
        health.failed(error as Error);
        pauseMs = backOffMs(failures, RETRY);
        failures += 1;
      }
      if (pauseMs > 0 || health.sinceLookMs > LOOK_MS) await health.look(database);
      if (pauseMs > 0) await pause(pauseMs, failures === 0);
    }
    await lease.release().catch(() => {});
  }

  /** True when there is more to do at once. */
  async function step(): Promise<boolean> {
    if (performance.now() - drillSeenAt > DRILL_LOOK_MS) {
      health.drilled(await findDrill());
      drillSeenAt = performance.now();
    }
    if (!(await lease.keep())) {
      if (!(await lease.acquire())) {
        await probe();
        return false;
      }
      await begin();
    }
    if (performance.now() - claimsSeenAt > CLAIMS_MS) {
      await answerClaims(ownership);
      claimsSeenAt = performance.now();
    }
    if (doubtful.length > 0) {
      await database.query(archiveStatement('archiveNote'), [JSON.stringify(doubtful)]);
      doubtful = [];
    }
    const batch = await readBatch(database, BATCH_ROWS);
    const rows = batch.touched.length;
    const step = { name: 'archive batch', isRemote: false, fields: { 'archive.rows': rows } };
    let isTaken = false;
    if (rows === 0) health.refused([]);
    else
      isTaken = await (tracer
        ? tracer.inTrace(step, () => renewing(() => ship(batch)))
        : renewing(() => ship(batch)));
    if (rows >= BATCH_ROWS && isTaken) return true;
    const walk = readWalk((await readState(database)).walk);
    if (walk !== undefined) return walkOn(walk);
    // A snapshot needs what was refused.
    if (rows > 0 && !isTaken) return false;
    if (await tendSnapshots()) return true;
    await probe();
    return false;
  }

  async function tendSnapshots(): Promise<boolean> {
    try {
      return await renewing(() => snapshots.step());
    } catch (error) {
      if (error instanceof LeaseLost || lease.leftMs() <= 0) {
        doubtful = removing.map((key) => ({ kind: 'content', context: '', key }));
      }
      throw error;
    } finally {
      removing = [];
    }
  }

  async function renewing<T>(work: () => Promise<T>): Promise<T> {
    const renewal = setInterval(() => void lease.keep().catch(() => {}), RENEWAL_MS);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
    }
  }

  /** Finds out what the replica before knew. */
  async function begin(): Promise<void> {
    shipping.shippedContexts.clear();
    try {
      await takeOver(ownership, lease.holder);
      await snapshots.begin();
      health.reached();
    } catch (error) {
      // Not taken over: whoever comes first tries from the beginning. What went wrong is told; that the lease could not be
      // given back is not, for it ends by itself.
      await lease.release().catch(() => {});
      throw error;
    }
  }

  /** False when S3 took nothing of it. */
  async function ship(batch: Batch): Promise<boolean> {
    try {
      const { names, refused } = await shipBatch(shipping, batch);
      // A full batch does not tell of what waits behind it.
      if (refused.length > 0 || batch.touched.length < BATCH_ROWS) health.refused(refused);
      const seqs = batch.touched.filter((one) => names.has(nameOf(one))).map(({ seq }) => seq);
      const left = batch.touched.filter((one) => !names.has(nameOf(one))).map(({ seq }) => seq);
      const dropped = await database.query(archiveStatement('archiveDone'), [
        lease.holder,
        JSON.stringify(seqs),
      ]);
      if (seqs.length > 0 && dropped.length === 0) throw new LeaseLost('another replica ships');
      // What S3 refuses must not stand before all that it takes.
      if (left.length > 0 && batch.touched.length >= BATCH_ROWS) {
        await database.query(archiveStatement('archivePutBack'), [lease.holder, JSON.stringify(left)]);
      }
      return seqs.length > 0;
    } catch (error) {
      if (error instanceof LeaseLost || lease.leftMs() <= 0) doubtful = batch.touched;
      throw error;
    }
  }

  async function walkOn(from: Walk): Promise<boolean> {
    const next = await noteNext(database, bucket, from, inLease);
    if (next === undefined)
      await putRegistry(ownership, await readState(database), await findRegistry(), true);
    await database.query(archiveStatement('archiveMoveWalk'), [
      lease.holder,
      next === undefined ? null : JSON.stringify(next),
    ]);
    if (next === undefined) log.info('archive is complete', { address: bucket.address });
    // Two of them wait for somebody else: they are looked at again, and not at once.
    return next !== undefined && !(next.phase === from.phase && ['settle', 'ship'].includes(next.phase));
  }

  /** Ends a request when the lease ends: what arrives later could be older than what another replica wrote. */
  function inLease(): AbortSignal {
    const leftMs = Math.min(REQUEST_DEADLINE_MS, Math.floor(lease.leftMs()));
    if (leftMs <= 0) throw new LeaseLost('the lease ran out');
    return AbortSignal.any([closing.signal, AbortSignal.timeout(leftMs)]);
  }

  /** Where nothing is shipped, nobody would notice that S3 is out. */
  async function probe(): Promise<void> {
    if (health.sinceReachedMs < IDLE_MS / 2) return;
    const text = await bucket.find(REGISTRY_KEY, probeDeadline());
    health.reached();
    // Somebody emptied the bucket: taking over finds that out, and begins anew.
    if (text === undefined && lease.leftMs() > 0) await lease.release();
  }

  async function findRegistry(): Promise<RegistryRecord | undefined> {
    const text = await bucket.find(REGISTRY_KEY, inLease());
    return text === undefined ? undefined : unseal<RegistryRecord>(text);
  }

  async function findDrill(): Promise<DrillRecord | undefined> {
    const text = await bucket.find(DRILL_KEY, probeDeadline());
    return text === undefined ? undefined : unseal<DrillRecord>(text);
  }

  function probeDeadline(): AbortSignal {
    return AbortSignal.any([closing.signal, AbortSignal.timeout(PROBE_DEADLINE_MS)]);
  }

  async function pause(ms: number, isWoken: boolean): Promise<void> {
    const signals = isWoken ? [closing.signal, waking.signal] : [closing.signal];
    await delay(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
    if (!isWoken || !waking.signal.aborted) return;
    await delay(GATHER_MS, undefined, { signal: closing.signal }).catch(() => {});
    waking = new AbortController();
  }
}
