import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import type { Tracer } from '../../tracing/tracer.ts';
import { backOffMs } from '../../waiting/back-off.ts';
import { type Bucket, BucketUnavailable, ObjectRefused } from '../bucket.ts';
import { type Database, StoreUnavailable } from '../database.ts';
import { statementFailure } from '../statement-failure.ts';
import { type Batch, readBatch, type Touched } from './batch.ts';
import { CLAIM_KEY, FORMAT, REGISTRY_KEY, type RegistryRecord, seal, unseal } from './layout.ts';
import { openLease } from './lease.ts';
import { watchForLoss } from './loss-watch.ts';
import { CLAIMS_MS, recover } from './recover.ts';
import type { Restore } from './restores.ts';
import { nameOf, type Shipping, shipBatch } from './ship-batch.ts';
import { archiveStatement } from './sql.ts';
import { noteNext, readWalk, type Walk } from './walk.ts';

export interface ArchiveStatus {
  /** Unknown until it was tried. */
  readonly status: 'up' | 'down' | 'unknown';
  readonly cause: string | undefined;
  /** Changes that are not in the bucket yet, and the age of the oldest. */
  readonly pending: number;
  readonly lagSeconds: number;
  /** What was there before the archive was switched on has been noted, too. */
  readonly isComplete: boolean;
}

export interface Archive {
  readonly address: string;
  /**
   * Brings back what the bucket has of this registry where the database has lost it. Once the tables are up to date, and
   * before anything is read or written.
   * @param tell how far it has come
   * @throws DataLost where the loss is not to be mended so, or cannot be
   */
  recover(tell: (words: string) => void, signal: AbortSignal): Promise<void>;
  /**
   * Once the database is what it was.
   * @param lost is told when it has become another one, which is empty
   */
  start(lost?: () => void): void;
  /** Something changed. */
  wake(): void;
  /** As it was last seen, which is seconds ago at most. */
  status(): ArchiveStatus;
  close(): Promise<void>;
}

export interface ArchiveCounts {
  /** One object was written or removed, in that time. */
  shipped(seconds: number): void;
  failed(): void;
}

export interface ArchiveOptions {
  /** What the registry is called, so that it knows its archive again. */
  readonly name?: string | undefined;
  readonly restore?: Restore | undefined;
  readonly tracer?: Pick<Tracer, 'inTrace'> | undefined;
}

/** The bucket is the archive of another registry: writing there would destroy it. */
class ForeignArchive extends Error {
  override readonly name = 'ForeignArchive';
}

interface ArchiveState {
  readonly is_on: boolean;
  readonly destination: string | null;
  readonly walk: unknown;
  readonly registry_id: string;
  readonly first_id: number;
}

/** Another replica may have begun to ship. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
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

/**
 * Ships what the outbox names, as it is when it is shipped. One replica at a time; the others watch the lease. What
 * fails stays in the outbox: S3 that is away costs rows, never a registration.
 */
export function openArchive(
  database: Database,
  bucket: Bucket,
  log: Log,
  counts: ArchiveCounts,
  { name, restore, tracer }: ArchiveOptions = {},
): Archive {
  const lease = openLease(database, randomUUID());
  const closing = new AbortController();
  let waking = new AbortController();
  let running: Promise<void> | undefined;
  let endWatch: (() => void) | undefined;
  let seen: ArchiveStatus = {
    status: 'unknown',
    cause: undefined,
    pending: 0,
    lagSeconds: 0,
    isComplete: false,
  };
  let lookedAt = Number.NEGATIVE_INFINITY;
  let reachedAt = Number.NEGATIVE_INFINITY;
  let claimsSeenAt = Number.NEGATIVE_INFINITY;
  // What was shipped while the lease ran out: another replica may have shipped a newer state before ours arrived.
  let doubtful: readonly Touched[] = [];
  const shippedContexts = new Map<string, string>();
  const shipping: Shipping = {
    database,
    bucket,
    log,
    inLease,
    shippedContexts,
    shipped(seconds) {
      reached();
      counts.shipped(seconds);
    },
    failed: () => counts.failed(),
  };
  let walk: Walk | undefined;
  // What was logged last of a database that is out.
  let said = '';
  // What S3 does not take of the last batch, in words.
  let refusal: string | undefined;

  return {
    address: bucket.address,
    recover: (tell, signal) => recover({ database, bucket, log, name, restore, tell, signal }),
    start: (lost = () => {}) => {
      running ??= run();
      endWatch ??= watchForLoss(database, lost);
    },
    wake() {
      seen = { ...seen, pending: Math.max(1, seen.pending) };
      waking.abort();
    },
    status: () =>
      refusal === undefined || seen.status === 'down'
        ? seen
        : { ...seen, status: 'down', cause: refusal, isComplete: false },
    async close() {
      endWatch?.();
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
        said = '';
        failures = 0;
      } catch (error) {
        if (closing.signal.aborted) break;
        fail(error as Error);
        pauseMs = backOffMs(failures, RETRY);
        failures += 1;
      }
      if (pauseMs > 0 || performance.now() - lookedAt > LOOK_MS) await look();
      if (pauseMs > 0) await pause(pauseMs, failures === 0);
    }
    await lease.release().catch(() => {});
  }

  /** True when there is more to do at once. */
  async function step(): Promise<boolean> {
    if (!(await lease.keep())) {
      if (!(await lease.acquire())) {
        await probe();
        return false;
      }
      await takeOver();
    }
    if (performance.now() - claimsSeenAt > CLAIMS_MS) await answerClaims();
    if (doubtful.length > 0) {
      await database.query(archiveStatement('archiveNote'), [JSON.stringify(doubtful)]);
      doubtful = [];
    }
    const batch = await readBatch(database, BATCH_ROWS);
    const rows = batch.touched.length;
    const step = { name: 'archive batch', isRemote: false, fields: { 'archive.rows': rows } };
    let isTaken = false;
    if (rows === 0) refusal = undefined;
    else isTaken = await (tracer ? tracer.inTrace(step, () => ship(batch)) : ship(batch));
    if (rows >= BATCH_ROWS && isTaken) return true;
    walk = readWalk((await readState()).walk);
    if (walk !== undefined) return walkOn(walk);
    await probe();
    return false;
  }

  /** Finds out what the replica before knew. */
  async function takeOver(): Promise<void> {
    shippedContexts.clear();
    try {
      const state = await readState();
      const text = await bucket.find(REGISTRY_KEY, inLease());
      reached();
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
        await putRegistry(state, found?.isComplete ?? false);
      }
      if (found && state.is_on && state.destination === bucket.address) return;
      await database.query(archiveStatement('archiveSwitchOn'), [lease.holder, bucket.address]);
      log.info('archive begins', { address: bucket.address });
    } catch (error) {
      // Not taken over: whoever comes first tries from the beginning. What went wrong is told; that the lease could not be
      // given back is not, for it ends by itself.
      await lease.release().catch(() => {});
      throw error;
    }
  }

  /** False when S3 took nothing of it. */
  async function ship(batch: Batch): Promise<boolean> {
    const renewal = setInterval(() => void lease.keep().catch(() => {}), RENEWAL_MS);
    try {
      const { names, refused } = await shipBatch(shipping, batch);
      // A full batch does not tell of what waits behind it.
      if (refused.length > 0 || batch.touched.length < BATCH_ROWS) refusal = wordsOfRefusal(refused);
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
    } finally {
      clearInterval(renewal);
    }
  }

  async function walkOn(from: Walk): Promise<boolean> {
    const next = await noteNext(database, bucket, from, inLease);
    if (next === undefined) await putRegistry(await readState(), true);
    await database.query(archiveStatement('archiveMoveWalk'), [
      lease.holder,
      next === undefined ? null : JSON.stringify(next),
    ]);
    if (next === undefined) log.info('archive is complete', { address: bucket.address });
    // Two of them wait for somebody else: they are looked at again, and not at once.
    return next !== undefined && !(next.phase === from.phase && ['settle', 'ship'].includes(next.phase));
  }

  async function putRegistry(
    { registry_id: registryId, first_id: firstId }: ArchiveState,
    isComplete: boolean,
  ): Promise<void> {
    const record: RegistryRecord = {
      format: FORMAT,
      registryId,
      isComplete,
      firstId,
      ...(name ? { name } : {}),
    };
    await bucket.put(REGISTRY_KEY, seal(record), inLease());
  }

  /** A registry of the same name wants to be restored from here: it is told that this archive is in use. */
  async function answerClaims(): Promise<void> {
    if ((await bucket.find(CLAIM_KEY, inLease())) !== undefined) {
      await bucket.remove(CLAIM_KEY, inLease());
      log.warn('another registry wants to be restored from the archive of this one', {
        address: bucket.address,
      });
    }
    claimsSeenAt = performance.now();
  }

  async function readState() {
    const [state] = await database.query<ArchiveState>(archiveStatement('archiveState'));
    if (!state) throw new Error('the table archive has no row');
    return state;
  }

  /** Ends a request when the lease ends: what arrives later could be older than what another replica wrote. */
  function inLease(): AbortSignal {
    const leftMs = Math.min(REQUEST_DEADLINE_MS, Math.floor(lease.leftMs()));
    if (leftMs <= 0) throw new LeaseLost('the lease ran out');
    return AbortSignal.any([closing.signal, AbortSignal.timeout(leftMs)]);
  }

  /** Where nothing is shipped, nobody would notice that S3 is out. */
  async function probe(): Promise<void> {
    if (performance.now() - reachedAt < IDLE_MS / 2) return;
    const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(PROBE_DEADLINE_MS)]);
    const text = await bucket.find(REGISTRY_KEY, signal);
    reached();
    // Somebody emptied the bucket: taking over finds that out, and begins anew.
    if (text === undefined && lease.leftMs() > 0) await lease.release();
  }

  function reached(): void {
    reachedAt = performance.now();
    if (seen.status === 'down') log.info('archive is back', { address: bucket.address });
    seen = { ...seen, status: 'up', cause: undefined };
  }

  function fail(error: Error): void {
    if (
      error instanceof BucketUnavailable ||
      error instanceof ForeignArchive ||
      error instanceof ObjectRefused
    ) {
      counts.failed();
      if (seen.cause !== error.message) log.warn('archive is out', { cause: error.message });
      seen = { ...seen, status: 'down', cause: error.message };
    } else if (error instanceof StoreUnavailable) {
      if (said !== error.message)
        log.warn('archive waits for the database', { cause: error.message, ...statementFailure(error) });
      said = error.message;
    } else if (!(error instanceof LeaseLost)) {
      counts.failed();
      log.error('archive fails', statementFailure(error) ?? { cause: error.message, stack: error.stack });
      seen = { ...seen, status: 'down', cause: 'the archive fails, see the log' };
    }
  }

  async function look(): Promise<void> {
    try {
      const [row] = await database.query<{ pending: number; lag_seconds: number; is_complete: boolean }>(
        archiveStatement('archiveBacklog'),
      );
      lookedAt = performance.now();
      if (!row) throw new Error('the table archive has no row');
      const { pending, lag_seconds: lagSeconds, is_complete: isComplete } = row;
      seen = { ...seen, pending, lagSeconds, isComplete };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) fail(error as Error);
    }
  }

  async function pause(ms: number, isWoken: boolean): Promise<void> {
    const signals = isWoken ? [closing.signal, waking.signal] : [closing.signal];
    await delay(ms, undefined, { signal: AbortSignal.any(signals) }).catch(() => {});
    if (!isWoken || !waking.signal.aborted) return;
    await delay(GATHER_MS, undefined, { signal: closing.signal }).catch(() => {});
    waking = new AbortController();
  }
}

function wordsOfRefusal([first, ...more]: readonly string[]): string | undefined {
  if (first === undefined) return undefined;
  return `S3 refuses ${first}${more.length === 0 ? '' : `, and ${more.length} more`}`;
}
