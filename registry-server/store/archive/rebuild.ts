import { randomUUID } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { SubjectName } from '../../subject-name.ts';
import { inParallel } from '../../waiting/in-parallel.ts';
import type { Bucket } from '../bucket.ts';
import type { Connection, Database } from '../database.ts';
import { fingerprint, textFingerprint } from '../fingerprint.ts';
import { contentColumns } from '../rows.ts';
import type { SchemaContent } from '../store.ts';
import {
  type ContextRecord,
  FORMAT,
  folders,
  keys,
  type LooseRecord,
  REGISTRY_KEY,
  type RegistryRecord,
  readContent,
  type SchemaRecord,
  type SubjectRecord,
  seal,
  unseal,
} from './layout.ts';
import { rebuildStatement } from './sql.ts';
import { tried } from './tried.ts';
import type { Walk } from './walk.ts';

export interface Rebuilding {
  /** What is missing or damaged is left out, rather than nothing written. */
  readonly isPartial: boolean;
  /** Everything is undone at the end. */
  readonly isDryRun: boolean;
  /** The bucket is an export: it is only read, and does not become the archive of the registry. */
  readonly isExport?: boolean;
  /** The bucket is another registry's: it is only read, and this one keeps an identity of its own. */
  readonly isNew?: boolean | undefined;
  /** The bucket is seen as it was at a snapshot: the archive has to become what the database then is. */
  readonly isOlder?: boolean | undefined;
  readonly problem: (problem: string) => void;
  readonly progress: (subjects: number) => void;
  /** Called once the database is known to be empty and is kept from others, before anything is read. */
  readonly begun?: (() => Promise<void>) | undefined;
  /** Called when all is there, in the same transaction. */
  readonly done?: ((connection: Connection) => Promise<void> | undefined) | undefined;
}

export interface Rebuilt {
  readonly contexts: number;
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
  readonly problems: number;
  readonly isWritten: boolean;
}

/** There is nothing to rebuild from. */
export class CannotRebuild extends Error {
  override readonly name: string = 'CannotRebuild';
}

export class DatabaseNotEmpty extends CannotRebuild {
  override readonly name = 'DatabaseNotEmpty';

  constructor() {
    super('the database is not empty: a registry is rebuilt into a new one');
  }
}

/**
 * How many ids of a context are passed over after a rebuild: more than can have been given in the seconds that were not
 * shipped. Each rebuild passes over as many more, because the one before may not have been shipped either.
 */
const PASSED_OVER_IDS = 1_000;

const REQUESTS_AT_ONCE = 32;
const MAX_CONTENT_CHARACTERS = 32 * 1024 * 1024;
const SUBJECTS_AT_ONCE = 200;
const PART_CHARACTERS = 8 * 1024 * 1024;
const MAX_LISTED = 100;

class Undone extends Error {}

interface KeptSchema extends SchemaRecord {
  readonly context: string;
  /** Of the object that says so. */
  readonly key: string;
}

/**
 * Fills an empty database from a bucket, in one transaction: nobody sees a half of it, and what fails leaves it empty.
 * Every object is compared with its digest, and what points at another object is followed.
 */
export async function rebuild(
  database: Database,
  bucket: Bucket,
  {
    isPartial,
    isDryRun,
    isExport = false,
    isNew = false,
    isOlder = false,
    problem,
    progress,
    begun,
    done,
  }: Rebuilding,
): Promise<Rebuilt> {
  const isOnlyRead = isExport || isNew;
  let problems = 0;
  const report = (text: string) => {
    problems += 1;
    problem(text);
  };
  const counts = { contexts: 0, subjects: 0, versions: 0, schemas: 0 };
  const contents = new LRUCache<string, SchemaContent>({
    maxSize: MAX_CONTENT_CHARACTERS,
    sizeCalculation: ({ schema }) => schema.length + 100,
  });
  // Named once each, however many versions need them.
  const broken = new Set<string>();

  await getOwnerText();
  try {
    const inTransaction = (work: (connection: Connection) => Promise<void>) =>
      database.unlimited((session) => session.transaction(work));
    await inTransaction(async (connection) => {
      await connection.runScript(
        `lock table registry, contexts, schemas, subjects, versions, settings in exclusive mode`,
      );
      const [found] = await connection.query<{ is_empty: boolean }>(rebuildStatement('rebuildIsEmpty'));
      if (!found?.is_empty) throw new DatabaseNotEmpty();
      await begun?.();
      const owner = await readOwner();
      await connection.query(rebuildStatement('rebuildRevisions'));
      await eachPage(folders.contexts, async (page) => writeContexts(connection, await readAll(page)));
      await eachPage(folders.subjects, async (page) => {
        for (const group of inGroups(page, SUBJECTS_AT_ONCE)) {
          await writeSubjects(connection, await readAll(group));
        }
        progress(counts.subjects);
      });
      await eachPage(folders.loose, async (page) => writeLoose(connection, await readAll(page)));
      await checkWhole(connection);
      if (isDryRun || (problems > 0 && !isPartial)) throw new Undone();
      const firstId = (owner.firstId ?? 1) + PASSED_OVER_IDS;
      // Before the commit: a rebuild that is not known to the archive would pass over too few ids the next time.
      if (!isOnlyRead) await put(REGISTRY_KEY, seal({ ...owner, firstId }));
      const walk = await findWalk();
      await connection.query(rebuildStatement('rebuildFinish'), [
        isNew ? null : owner.registryId,
        // Then the archive has to be walked again: it is not what the database is.
        problems === 0 && !isOnlyRead ? bucket.address : null,
        firstId,
        walk === undefined ? null : JSON.stringify(walk),
      ]);
      await done?.(connection);
    });
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    return { ...counts, problems, isWritten: false };
  }
  return { ...counts, problems, isWritten: true };

  /** What is left to do until the archive is what the database is; undefined where it is. */
  async function findWalk(): Promise<Walk | undefined> {
    if (isOnlyRead) return undefined;
    if (isOlder) return { phase: 'begin' };
    const snapshots = await tried((signal) => bucket.list(folders.snapshots, undefined, signal));
    // Then there may be contents that snapshots alone name, of which this database does not know.
    return snapshots.keys.length > 0 ? { phase: 'prune' } : undefined;
  }

  async function getOwnerText(): Promise<string> {
    const text = await find(REGISTRY_KEY);
    if (text !== undefined) return text;
    throw new CannotRebuild(`there is no archive at ${bucket.address}: ${REGISTRY_KEY} is missing`);
  }

  async function readOwner(): Promise<RegistryRecord> {
    const record = unseal<RegistryRecord>(await getOwnerText());
    if (record && record.format > FORMAT) {
      throw new CannotRebuild(
        `the archive at ${bucket.address} was written by a newer version of the server`,
      );
    }
    if (record?.isComplete) return record;
    report(
      record
        ? `${REGISTRY_KEY}: the archive was never completed; what was registered before it was switched on may be missing`
        : `${REGISTRY_KEY}: damaged`,
    );
    return record ?? { format: FORMAT, registryId: randomUUID(), isComplete: false };
  }

  async function writeContexts(connection: Connection, records: readonly ContextRecord[]): Promise<void> {
    await connection.query(rebuildStatement('rebuildContexts'), [JSON.stringify(records)]);
    await connection.query(rebuildStatement('rebuildSettings'), [
      JSON.stringify(records.map((record) => ({ subject: '', ...record }))),
    ]);
    counts.contexts += records.filter(({ lastId, isRemoved }) => lastId !== undefined && !isRemoved).length;
  }

  async function writeSubjects(connection: Connection, records: readonly SubjectRecord[]): Promise<void> {
    const schemas = records.flatMap(({ context, subject, versions }) =>
      versions.map((version) => ({ context, key: keys.subject({ context, subject }), ...version })),
    );
    await writeSchemas(connection, schemas);
    const whole = records.map((record) => ({
      ...record,
      versions: record.versions.filter(({ digest }) => !broken.has(digest)),
    }));
    const written = await connection.query<{ versions: number; wrong: readonly string[] | null }>(
      rebuildStatement('rebuildSubjects'),
      [JSON.stringify(whole)],
    );
    await connection.query(rebuildStatement('rebuildSettings'), [JSON.stringify(whole)]);
    counts.subjects += whole.filter(({ lastVersion }) => lastVersion !== undefined).length;
    counts.versions += written[0]?.versions ?? 0;
  }

  async function writeLoose(connection: Connection, records: readonly LooseRecord[]): Promise<void> {
    await writeSchemas(
      connection,
      records.map((record) => ({ key: keys.loose(record.context, record.id), ...record })),
    );
  }

  async function writeSchemas(connection: Connection, wanted: readonly KeptSchema[]): Promise<void> {
    const byDigest = Map.groupBy(wanted, ({ digest }) => digest);
    let rows: object[] = [];
    let characters = 0;
    for (const digests of inGroups([...byDigest.keys()], REQUESTS_AT_ONCE)) {
      await inParallel(digests, REQUESTS_AT_ONCE, async (digest) => {
        const content = contents.get(digest) ?? (await getContent(digest));
        if (!content) return;
        contents.set(digest, content);
        for (const one of byDigest.get(digest) ?? []) rows.push(rowOf(one, content));
        characters += content.schema.length;
      });
      if (characters < PART_CHARACTERS) continue;
      await insertSchemas(connection, rows);
      rows = [];
      characters = 0;
    }
    await insertSchemas(connection, rows);
  }

  async function insertSchemas(connection: Connection, rows: readonly object[]): Promise<void> {
    if (rows.length === 0) return;
    const values = [JSON.stringify(rows)];
    const strangers = await connection.query<{ context: string }>(
      rebuildStatement('rebuildStrangeContexts'),
      values,
    );
    for (const { context } of strangers) report(`${keys.context(context)}: missing`);
    await connection.query(rebuildStatement('rebuildSchemas'), values);
    const clashes = await connection.query<{ key: string; context: string; id: number }>(
      rebuildStatement('rebuildClashes'),
      values,
    );
    for (const { key, context, id } of clashes) {
      report(`${key}: id ${id} of context ${context} stands for another content elsewhere`);
    }
  }

  async function getContent(digest: string): Promise<SchemaContent | undefined> {
    if (broken.has(digest)) return undefined;
    const key = keys.content(digest);
    const text = await find(key);
    const content = text === undefined ? undefined : readContent(text);
    if (content && fingerprint(content).toString('hex') === digest) return content;
    broken.add(digest);
    report(`${key}: ${text === undefined ? 'missing' : 'damaged'}`);
    return undefined;
  }

  async function checkWhole(connection: Connection): Promise<void> {
    const [row] = await connection.query<{ schemas: number }>(rebuildStatement('rebuildCount'));
    counts.schemas = row?.schemas ?? 0;
    const unresolved = await connection.query<
      SubjectName & { version: number; id: number; from_context: string }
    >(rebuildStatement('rebuildUnresolved'), [MAX_LISTED]);
    for (const { context, subject, version, id, from_context } of unresolved) {
      report(
        `${keys.subject({ context, subject })}: version ${version} is missing, and the schema ${id} of context ${from_context} refers to it`,
      );
    }
  }

  async function eachPage(below: string, work: (page: readonly string[]) => Promise<void>): Promise<void> {
    let next: string | undefined;
    do {
      const page = await tried((signal) => bucket.list(below, next, signal));
      // What somebody else put there is not ours to judge.
      await work(page.keys.filter((key) => /\.json(\.gz)?$/.test(key)));
      next = page.next;
    } while (next !== undefined);
  }

  async function readAll<T extends object>(page: readonly string[]): Promise<readonly T[]> {
    const records: T[] = [];
    await inParallel(page, REQUESTS_AT_ONCE, async (key) => {
      const record = await readRecord<T>(key);
      if (record) records.push(record);
    });
    return records;
  }

  async function readRecord<T extends object>(key: string): Promise<T | undefined> {
    const text = await find(key);
    const record = text === undefined ? undefined : unseal<T>(text);
    // One that was copied to another key is damage, too.
    if (record && keyOf(key, record) === key) return record;
    report(`${key}: ${text === undefined ? 'missing' : 'damaged'}`);
    return undefined;
  }

  function put(key: string, text: string): Promise<void> {
    return tried((signal) => bucket.put(key, text, signal));
  }

  function find(key: string): Promise<string | undefined> {
    return tried((signal) => bucket.find(key, signal));
  }
}

function rowOf(kept: KeptSchema, content: SchemaContent): object {
  const { context, key, id, digest, isCopy = false, schemaCreatedAt, targets = [] } = kept;
  const isText = !content.metadata && !content.ruleSet;
  return {
    context,
    key,
    id,
    fingerprint: digest,
    text_fingerprint: isText && !isCopy ? undefined : textFingerprint(content).toString('hex'),
    ...contentColumns(content),
    is_copy: isCopy,
    created_at: schemaCreatedAt,
    targets,
  };
}

function keyOf(key: string, record: object): string {
  const {
    context = '',
    subject = '',
    id = 0,
  } = record as { context?: string; subject?: string; id?: number };
  if (key.startsWith(folders.contexts)) return keys.context(context);
  if (key.startsWith(folders.loose)) return keys.loose(context, id);
  return keys.subject({ context, subject });
}

function* inGroups<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
