import type { Log } from '../../log.ts';
import { inParallel } from '../../waiting/in-parallel.ts';
import { type Bucket, ObjectRefused } from '../bucket.ts';
import type { Database } from '../database.ts';
import { type Batch, readContents, type Touched } from './batch.ts';
import {
  digestOf,
  keys,
  type LooseRecord,
  type SubjectRecord,
  seal,
  unseal,
  writeContent,
} from './layout.ts';
import { snapshotStatement } from './snapshots/sql.ts';

const CONTENT_GROUP_BYTES = 8 * 1024 * 1024;
const REQUESTS_AT_ONCE = 32;
const MAX_REMEMBERED = 10_000;

/** What is needed to ship. */
export interface Shipping {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly log: Log;
  /** For one request; it ends with the lease. @throws Error where the lease has ended */
  readonly inLease: () => AbortSignal;
  /** Digests of contexts as they were shipped: they are looked at with every subject, and change less often. */
  readonly shippedContexts: Map<string, string>;
  /** S3 took one object, in that time. */
  readonly shipped: (seconds: number) => void;
  /** S3 refused one object. */
  readonly failed: () => void;
  /** Whether what is gone may be what a snapshot names: then it stays, and is noted as garbage. */
  readonly keepsGone: () => boolean;
}

/** What became of a batch. */
export interface Shipped {
  /** What went well, each by what `nameOf` gives. */
  readonly names: ReadonlySet<string>;
  /** Each object that S3 refused, with its words. */
  readonly refused: readonly string[];
}

/**
 * Contents before what points at them, and removed in the opposite order: whenever it ends, the bucket is whole. But
 * for one moment: a subject that was removed for good and registered anew may be there before a schema that had
 * referred to its old version, and was removed before it, is gone.
 * Answers what was shipped; an object that S3 refuses keeps back what needs it, and nothing else.
 */
export async function shipBatch(
  { database, bucket, log, inLease, shippedContexts, shipped, failed, keepsGone }: Shipping,
  { contents, contexts, loose, subjects }: Batch,
): Promise<Shipped> {
  const names = new Set<string>();
  // Contents that are not in the bucket, and contexts that are not there as they are now.
  const missing = new Set<string>();
  const lacking = new Set<string>();
  // Keys of what is in the bucket as it was before, and may point at contents.
  const keptBack: string[] = [];
  const refused: string[] = [];

  /** False when S3 takes everything but this. */
  async function send(name: Named, key: string, request: () => Promise<void>): Promise<boolean> {
    const started = performance.now();
    try {
      await request();
    } catch (error) {
      if (!(error instanceof ObjectRefused)) throw error;
      failed();
      log.error('S3 refuses an object', { key, cause: error.message });
      if (name.kind === 'content') missing.add(name.key);
      if (name.kind === 'context') lacking.add(name.context);
      if (name.kind === 'subject' || name.kind === 'loose') keptBack.push(key);
      refused.push(`${key}: ${error.message}`);
      return false;
    }
    done(name, started);
    return true;
  }
  const put = (name: Named, key: string, text: string) =>
    send(name, key, () => bucket.put(key, text, inLease()));
  const remove = (name: Named, key: string) => send(name, key, () => bucket.remove(key, inLease()));
  function done(name: Named, started: number): void {
    shipped((performance.now() - started) / 1000);
    names.add(nameOf(name));
  }

  for (const group of groupBySize(contents)) {
    const found = await readContents(database, group);
    const there = new Set(found.map(({ digest }) => digest));
    // Removed since: so will be what points at it, once it is read again.
    for (const digest of group) if (!there.has(digest)) missing.add(digest);
    await inParallel(found, REQUESTS_AT_ONCE, async ({ digest, content }) => {
      await put({ kind: 'content', context: '', key: digest }, keys.content(digest), writeContent(content));
    });
  }
  await inParallel(contexts, REQUESTS_AT_ONCE, async ({ key, record }) => {
    if (record === undefined) return;
    const name: Named = { kind: 'context', context: key, key: '' };
    const text = seal(record);
    const digest = digestOf(text);
    if (shippedContexts.get(key) === digest) {
      names.add(nameOf(name));
      return;
    }
    if (!(await put(name, keys.context(key), text))) return;
    if (shippedContexts.size >= MAX_REMEMBERED) shippedContexts.clear();
    shippedContexts.set(key, digest);
  });
  await inParallel(loose, REQUESTS_AT_ONCE, async ({ key: { context, id }, record }) => {
    if (record === undefined) return;
    if (missing.has(record.digest) || lacking.has(context)) keptBack.push(keys.loose(context, id));
    else await put({ kind: 'loose', context, key: id }, keys.loose(context, id), seal(record));
  });
  for (const wave of inWaves(subjects.flatMap(({ record }) => record ?? []))) {
    await inParallel(wave, REQUESTS_AT_ONCE, async (record) => {
      const { context, subject } = record;
      const key = keys.subject(record);
      const isHeldUp = lacking.has(context) || record.versions.some(({ digest }) => missing.has(digest));
      if (isHeldUp) keptBack.push(key);
      else await put({ kind: 'subject', context, key: subject }, key, seal(record));
    });
  }

  const gone = <K, R>(all: readonly { readonly key: K; readonly record: R | undefined }[]): K[] =>
    all.filter(({ record }) => record === undefined).map(({ key }) => key);
  await inParallel(gone(subjects), REQUESTS_AT_ONCE, async (name) => {
    await remove({ kind: 'subject', context: name.context, key: name.subject }, keys.subject(name));
  });
  await inParallel(gone(loose), REQUESTS_AT_ONCE, async ({ context, id }) => {
    await remove({ kind: 'loose', context, key: id }, keys.loose(context, id));
  });
  const needed = await digestsIn(bucket, keptBack, inLease);
  const garbage = gone(contents).filter((digest) => !needed.has(digest));
  if (garbage.length > 0 && keepsGone()) {
    await database.query(snapshotStatement('garbageNote'), [JSON.stringify(garbage)]);
    for (const digest of garbage) names.add(nameOf({ kind: 'content', context: '', key: digest }));
  } else {
    await inParallel(garbage, REQUESTS_AT_ONCE, async (digest) => {
      await remove({ kind: 'content', context: '', key: digest }, keys.content(digest));
    });
  }
  await inParallel(gone(contexts), REQUESTS_AT_ONCE, async (context) => {
    shippedContexts.delete(context);
    await remove({ kind: 'context', context, key: '' }, keys.context(context));
  });
  return { names, refused };
}

/** The contents that subjects and loose schemas in the bucket point at. */
async function digestsIn(
  bucket: Bucket,
  pointingKeys: readonly string[],
  inLease: () => AbortSignal,
): Promise<ReadonlySet<string>> {
  const digests = new Set<string>();
  await inParallel(pointingKeys, REQUESTS_AT_ONCE, async (key) => {
    const text = await bucket.find(key, inLease());
    const record = text === undefined ? undefined : unseal<SubjectRecord | LooseRecord>(text);
    const pointing = record === undefined ? [] : 'versions' in record ? record.versions : [record];
    for (const { digest } of pointing) digests.add(digest);
  });
  return digests;
}

export type Named = Pick<Touched, 'kind' | 'context' | 'key'>;

export function nameOf({ kind, context, key }: Named): string {
  return `${kind}\n${context}\n${key}`;
}

function* groupBySize(contents: Batch['contents']): Generator<readonly string[]> {
  let group: string[] = [];
  let bytes = 0;
  for (const { key, record: size } of contents) {
    if (size === undefined) continue;
    if (group.length > 0 && bytes + size > CONTENT_GROUP_BYTES) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(key);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

/** Subjects that others refer to come first. Those that refer to each other in a circle have no better order. */
function inWaves(subjects: readonly SubjectRecord[]): readonly (readonly SubjectRecord[])[] {
  const byKey = new Map(subjects.map((subject) => [keys.subject(subject), subject]));
  const depths = new Map<SubjectRecord, number>();
  const waves: SubjectRecord[][] = [];
  function depthOf(subject: SubjectRecord): number {
    const known = depths.get(subject);
    if (known !== undefined) return known;
    depths.set(subject, 0);
    let depth = 0;
    for (const target of subject.versions.flatMap(({ targets }) => targets ?? [])) {
      const before = byKey.get(keys.subject(target));
      if (before && before !== subject) depth = Math.max(depth, depthOf(before) + 1);
    }
    depths.set(subject, depth);
    return depth;
  }
  for (const subject of subjects) {
    const depth = depthOf(subject);
    waves[depth] ??= [];
    waves[depth].push(subject);
  }
  return waves.filter((wave) => wave !== undefined);
}
