import type { SubjectName } from '../../subject-name.ts';
import type { Connection, Database } from '../database.ts';
import type { SchemaContent } from '../store.ts';
import type { ContextRecord, LooseRecord, SchemaRecord, SubjectRecord, VersionRecord } from './layout.ts';
import { archiveStatement } from './sql.ts';

export type TouchedKind = 'content' | 'loose' | 'subject' | 'context';

/** A row of the outbox. */
export interface Touched {
  readonly seq: string;
  readonly kind: TouchedKind;
  readonly context: string;
  readonly key: string;
}

/** What a row is about, without its kind. */
export type Named = Pick<Touched, 'context' | 'key'>;

/** A key and what it stands for now; undefined when it is gone. */
export interface Present<Key, Record> {
  readonly key: Key;
  readonly record: Record | undefined;
}

/** The oldest rows, and what their keys stand for at one moment. */
export interface Batch {
  readonly touched: readonly Touched[];
  /** With the bytes of their text: they are read when they are written. */
  readonly contents: readonly Present<string, number>[];
  readonly loose: readonly Present<{ readonly context: string; readonly id: string }, LooseRecord>[];
  readonly subjects: readonly Present<SubjectName, SubjectRecord>[];
  readonly contexts: readonly Present<string, ContextRecord>[];
}

export async function readBatch(database: Database, limit: number): Promise<Batch> {
  return database.transaction(async (connection) => {
    // One moment: a version that is read here has its content in the bucket, or in the outbox that is read here.
    await connection.runScript('set transaction isolation level repeatable read read only');
    const oldest = await connection.query<Touched>(archiveStatement('archiveOutbox'), [limit]);
    const subjects = await readSubjects(connection, pick(oldest, 'subject'));
    const loose = await readLoose(connection, pick(oldest, 'loose'));
    const digests = [
      ...subjects.flatMap(({ record }) => record?.versions ?? []),
      ...loose.flatMap(({ record }) => record ?? []),
    ];
    const pending = await connection.query<Touched>(archiveStatement('archivePending'), [
      JSON.stringify([...new Set(digests.map(({ digest }) => digest))]),
    ]);
    const known = new Set(oldest.map(({ seq }) => seq));
    const touched = [...oldest, ...pending.filter(({ seq }) => !known.has(seq))];
    return {
      touched,
      contents: await readSizes(connection, pick(touched, 'content')),
      loose,
      subjects,
      // The counter of a context moves with its subjects.
      contexts: await readContexts(connection, [
        ...new Set([...pick(touched, 'subject'), ...pick(touched, 'context')].map(({ context }) => context)),
      ]),
    };
  });
}

/** Of those that are still there. */
export async function readContents(
  connection: Connection,
  digests: readonly string[],
): Promise<readonly { readonly digest: string; readonly content: SchemaContent }[]> {
  const rows = await connection.query<{
    digest: string;
    schema_type: string;
    schema: string;
    refs: SchemaContent['references'] | null;
    metadata: SchemaContent['metadata'] | null;
    rule_set: SchemaContent['ruleSet'] | null;
  }>(archiveStatement('archiveContents'), [JSON.stringify(digests)]);
  return rows.map(({ digest, schema_type, schema, refs, metadata, rule_set }) => ({
    digest,
    content: {
      schemaType: schema_type,
      schema,
      references: refs ?? [],
      metadata: metadata ?? undefined,
      ruleSet: rule_set ?? undefined,
    },
  }));
}

/** Picks what was touched of one kind, each key once. */
function pick(touched: readonly Touched[], kind: TouchedKind): readonly Touched[] {
  const once = new Map<string, Touched>();
  for (const one of touched) if (one.kind === kind) once.set(`${one.context}\n${one.key}`, one);
  return [...once.values()];
}

type SettingsRow = {
  readonly config: SubjectRecord['config'] | null;
  readonly mode: SubjectRecord['mode'] | null;
};
type SchemaRow = Omit<SchemaRecord, 'isCopy' | 'targets'> & {
  readonly isCopy: boolean;
  readonly targets: SchemaRecord['targets'] | null;
};
type VersionRow = SchemaRow &
  Omit<VersionRecord, keyof SchemaRecord | 'isDeleted'> & { readonly isDeleted: boolean };

export async function readSubjects(
  connection: Connection,
  names: readonly Named[],
): Promise<Batch['subjects']> {
  const rows = await connection.query<
    SettingsRow & SubjectName & { last_version: number | null; versions: readonly VersionRow[] | null }
  >(archiveStatement('archiveSubjects'), [JSON.stringify(names)]);
  return rows.map(({ context, subject, last_version, config, mode, versions }) => ({
    key: { context, subject },
    record:
      last_version === null && config === null && mode === null
        ? undefined
        : {
            context,
            subject,
            lastVersion: last_version ?? undefined,
            config: config ?? undefined,
            mode: mode ?? undefined,
            versions: (versions ?? []).map(({ version, isDeleted, createdAt, ...schema }) => ({
              version,
              isDeleted: isDeleted || undefined,
              createdAt,
              ...schemaRecord(schema),
            })),
          },
  }));
}

export async function readContexts(
  connection: Connection,
  contexts: readonly string[],
): Promise<Batch['contexts']> {
  const rows = await connection.query<
    SettingsRow & { context: string; last_id: number | null; is_removed: boolean | null }
  >(archiveStatement('archiveContexts'), [JSON.stringify(contexts.map((context) => ({ context })))]);
  return rows.map(({ context, last_id, is_removed, config, mode }) => ({
    key: context,
    record:
      last_id === null && config === null && mode === null
        ? undefined
        : {
            context,
            lastId: last_id ?? undefined,
            isRemoved: is_removed || undefined,
            config: config ?? undefined,
            mode: mode ?? undefined,
          },
  }));
}

export async function readLoose(connection: Connection, touched: readonly Named[]): Promise<Batch['loose']> {
  const rows = await connection.query<{ context: string; key: string; record: SchemaRow | null }>(
    archiveStatement('archiveLoose'),
    [JSON.stringify(touched)],
  );
  return rows.map(({ context, key, record }) => ({
    key: { context, id: key },
    record: record === null ? undefined : { context, ...schemaRecord(record) },
  }));
}

async function readSizes(connection: Connection, touched: readonly Touched[]): Promise<Batch['contents']> {
  const rows = await connection.query<{ digest: string; original: number | null; copy: number | null }>(
    archiveStatement('archiveSizes'),
    [JSON.stringify(touched.map(({ key }) => key))],
  );
  return rows.map(({ digest, original, copy }) => ({ key: digest, record: original ?? copy ?? undefined }));
}

function schemaRecord({ id, digest, isCopy, schemaCreatedAt, targets }: SchemaRow): SchemaRecord {
  return { id, digest, isCopy: isCopy || undefined, schemaCreatedAt, targets: targets ?? undefined };
}
