import type { SubjectName } from '../../../subject-name.ts';
import { inParallel } from '../../../waiting/in-parallel.ts';
import type { Bucket } from '../../bucket.ts';
import type { Connection, Database } from '../../database.ts';
import { fingerprint, textFingerprint } from '../../fingerprint.ts';
import { contentColumns } from '../../rows.ts';
import { readState } from '../archive-state.ts';
import { keys, readContent, type SchemaRecord } from '../layout.ts';
import { tried } from '../tried.ts';
import { bringBackStatement, stagingTables } from './bring-back-sql.ts';
import {
  BadSnapshot,
  type Manifest,
  manifestKey,
  partKey,
  type RecordKind,
  type RecordOf,
  readPart,
} from './manifest.ts';

export interface BringingBack {
  readonly database: Database;
  readonly bucket: Bucket;
  readonly manifest: Manifest;
  /** Which subjects; where it says of all, schemas that no version holds come back as well. */
  readonly isWanted: ((name: SubjectName) => boolean) | undefined;
  /** What was asked for and is not in the snapshot, in words; asked once all of it was looked at. */
  readonly missing?: (() => readonly string[]) | undefined;
  /** What cannot be brought back is left out, rather than nothing written. */
  readonly isPartial: boolean;
  /** Everything is undone at the end. */
  readonly isDryRun: boolean;
  /** Versions of a subject that come back, or would. */
  readonly tell: (name: SubjectName, versions: readonly number[]) => void;
  readonly problem: (problem: string) => void;
}

export interface BroughtBack {
  readonly subjects: number;
  readonly versions: number;
  readonly schemas: number;
  readonly problems: number;
  readonly isWritten: boolean;
}

const REQUESTS_AT_ONCE = 32;
const RECORDS_AT_ONCE = 200;
const CONTENTS_AT_ONCE = 100;

class Undone extends Error {}

/**
 * Brings back into a registry that runs what a snapshot has and the registry has no longer, with its ids, numbers, deletes
 * and settings, in one transaction. What is there now stays as it is. All that can be is read before anybody is held up;
 * then registrations wait until it is written, and every server hears of it.
 * @throws BadSnapshot where the snapshot is of another registry, or a part of it cannot be read
 */
export async function bringBack({
  database,
  bucket,
  manifest,
  isWanted,
  missing,
  isPartial,
  isDryRun,
  tell,
  problem,
}: BringingBack): Promise<BroughtBack> {
  const counts = { subjects: 0, versions: 0, schemas: 0 };
  let problems = 0;
  const report = (text: string) => {
    problems += 1;
    problem(text);
  };
  const { registry_id } = await readState(database);
  if (registry_id !== manifest.registryId) {
    throw new BadSnapshot(
      `${manifestKey(manifest.name)}: is of another registry, whose identity is ${manifest.registryId}, and that of this one is ${registry_id}`,
    );
  }
  try {
    await database.unlimited((session) =>
      session.transaction(async (connection) => {
        await connection.runScript(stagingTables);
        for await (const records of recordsOf('subject')) await stageSubjects(connection, records);
        for await (const records of recordsOf('context'))
          await connection.query(bringBackStatement('stageContexts'), [JSON.stringify(records)]);
        if (!isWanted)
          for await (const records of recordsOf('loose')) await stageSchemas(connection, records, true);
        for (const words of missing?.() ?? []) report(words);
        await noteTargets(connection);
        await stageContents(connection);
        await lock(connection);
        await write(connection);
        if (isDryRun || (problems > 0 && !isPartial)) throw new Undone();
      }),
    );
  } catch (error) {
    if (!(error instanceof Undone)) throw error;
    return { ...counts, problems, isWritten: false };
  }
  return { ...counts, problems, isWritten: true };

  async function* recordsOf<K extends RecordKind>(kind: K): AsyncGenerator<readonly RecordOf<K>[]> {
    for (const part of manifest.parts) {
      if (part.kind !== kind) continue;
      const key = partKey(part.digest);
      const bytes = await tried((signal) => bucket.findBytes(key, signal));
      const records = bytes && (await readPart({ ...part, kind }, bytes));
      if (!records) throw new BadSnapshot(`${key}: ${bytes ? 'damaged' : 'missing'}`);
      yield* inGroups(records, RECORDS_AT_ONCE);
    }
  }

  /** Notes what the registry lacks of them. */
  async function stageSubjects(
    connection: Connection,
    records: readonly RecordOf<'subject'>[],
  ): Promise<void> {
    const wanted = isWanted ? records.filter(isWanted) : records;
    if (wanted.length === 0) return;
    await connection.query(bringBackStatement('stageSubjects'), [JSON.stringify(wanted)]);
    const schemas = wanted.flatMap(({ context, versions }) =>
      versions.map((version) => ({ context, ...version })),
    );
    await stageSchemas(connection, schemas, false);
  }

  /** @param isLoose no version holds them; of others only those that a version that is noted holds are noted */
  async function stageSchemas(
    connection: Connection,
    records: readonly (SchemaRecord & { readonly context: string })[],
    isLoose: boolean,
  ): Promise<void> {
    await connection.query(bringBackStatement('stageSchemas'), [JSON.stringify(records), isLoose]);
  }

  /** What is referred to need not come back, and has to be what it was. */
  async function noteTargets(connection: Connection): Promise<void> {
    const targets = await connection.query<SubjectName>(bringBackStatement('stagedTargets'));
    if (targets.length === 0) return;
    const nameOf = ({ context, subject }: SubjectName) => JSON.stringify([context, subject]);
    const names = new Set(targets.map(nameOf));
    for await (const records of recordsOf('subject')) {
      const found = records.filter((record) => names.has(nameOf(record)));
      if (found.length > 0)
        await connection.query(bringBackStatement('noteTargets'), [JSON.stringify(found)]);
    }
  }

  /** The texts of schemas that are lacking, from where the archive has them anyway. */
  async function stageContents(connection: Connection): Promise<void> {
    const lacking = await connection.query<{ digest: string }>(bringBackStatement('stagedDigests'));
    for (const group of inGroups(lacking, CONTENTS_AT_ONCE)) {
      const rows: object[] = [];
      await inParallel(group, REQUESTS_AT_ONCE, async ({ digest }) => {
        const key = keys.content(digest);
        const text = await tried((signal) => bucket.find(key, signal));
        const content = text === undefined ? undefined : readContent(text);
        if (!content || fingerprint(content).toString('hex') !== digest) {
          report(`${key}: ${text === undefined ? 'missing' : 'damaged'}`);
          return;
        }
        const isText = !content.metadata && !content.ruleSet;
        rows.push({
          digest,
          text_fingerprint: isText ? undefined : textFingerprint(content).toString('hex'),
          ...contentColumns(content),
        });
      });
      await connection.query(bringBackStatement('stageContents'), [JSON.stringify(rows)]);
    }
  }

  /** Nobody registers, removes or configures meanwhile. In the order in which everybody takes these locks. */
  async function lock(connection: Connection): Promise<void> {
    const contexts = await connection.query<{ context: string }>(bringBackStatement('stagedContexts'));
    for (const { context } of contexts) await connection.query(bringBackStatement('lockContext'), [context]);
    await connection.query(bringBackStatement('lockContext'), ['.__GLOBAL']);
  }

  async function write(connection: Connection): Promise<void> {
    await connection.query(bringBackStatement('forgetPresent'));
    await refuse('clashingVersions', ({ version, id, id_now, ...name }) => {
      return `${inWords(name, version)} is another schema now: its id is ${id_now}, and was ${id}`;
    });
    await refuse('clashingSchemas', ({ version, id, ...name }) => {
      return `${inWords(name, version)} had the id ${id}, under which there is another schema now`;
    });
    await refuse('lackingContents', ({ version, ...name }) => {
      return `${inWords(name, version)} cannot be brought back: its schema is not in the bucket`;
    });
    // What is left out may be what others refer to.
    for (let isLeft = true; isLeft; ) {
      isLeft = await refuse('unresolvedTargets', ({ version, target, ...name }) => {
        return `${inWords(name, version)} refers to ${target}, which is not there, or another schema now`;
      });
    }
    await connection.query(bringBackStatement('writeContexts'));
    const schemas = await connection.query(bringBackStatement('writeSchemas'));
    const versions = await connection.query<SubjectName & { version: number }>(
      bringBackStatement('writeVersions'),
    );
    await connection.query(bringBackStatement('writeSubjects'));
    await connection.query(bringBackStatement('writeSettings'));
    await connection.query(bringBackStatement('tellOfSubjects'));
    const bySubject = Map.groupBy(versions, ({ context, subject }) => JSON.stringify([context, subject]));
    for (const [first, ...more] of bySubject.values()) {
      if (first)
        tell(
          first,
          [first, ...more].map(({ version }) => version).toSorted((a, b) => a - b),
        );
    }
    counts.subjects = bySubject.size;
    counts.versions = versions.length;
    counts.schemas = schemas.length;

    /** Reports the subjects that are not to be brought back, and leaves them out. */
    async function refuse(
      name: Parameters<typeof bringBackStatement>[0],
      say: (row: Clash) => string,
    ): Promise<boolean> {
      const clashes = await connection.query<Clash>(bringBackStatement(name));
      for (const clash of clashes) report(say(clash));
      if (clashes.length > 0)
        await connection.query(bringBackStatement('leaveOut'), [JSON.stringify(clashes)]);
      return clashes.length > 0;
    }
  }
}

interface Clash extends SubjectName {
  readonly version: number;
  readonly id: number;
  readonly id_now: number;
  readonly target: string;
}

function inWords({ context, subject }: SubjectName, version: number): string {
  return `version ${version} of ${context === '.' ? '' : `:${context}:`}${subject}`;
}

function* inGroups<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
}
