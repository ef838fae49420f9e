import type { SubjectName } from '../subject-name.ts';
import { changeSettings, removeContext, removeVersions } from './change-subjects.ts';
import { type Connection, type Database, type Row, StoreUnavailable, sqlState } from './database.ts';
import { fingerprint, textFingerprint } from './fingerprint.ts';
import { behind, boundsOf, listName } from './list-name.ts';
import { type Migrated, migrate, readMigrated } from './migrate.ts';
import { readSubject } from './read-subject.ts';
import {
  contentColumns,
  readListedVersion,
  readReferrer,
  readSchema,
  readSettings,
  type SettingsRow,
} from './rows.ts';
import { statement } from './sql.ts';
import type { Holdings, ImportedVersion, LiveAndDeleted, NewVersion, SchemaContent, Store } from './store.ts';
import { type AddedVersion, versionQueue } from './version-queue.ts';
import { readVolume, type Volume } from './volume.ts';
import { watchChanges } from './watch-changes.ts';

// Deadlock found, serialization failure: the transaction was undone and may succeed now.
const RETRIED_STATES = ['40P01', '40001'];
const MAX_TRIES = 5;

/** The store over any Database: PostgreSQL in production, PGlite in the process. */
export function sqlStore(database: Database): Store {
  let migrated: Migrated | undefined;
  let volume: Volume | undefined;
  return {
    kind: database.kind,

    async migrate(signal) {
      migrated = await migrate(database, undefined, undefined, signal);
      return migrated.migration;
    },

    readSubject: (name) => readSubject(database, name),

    async findSchema(context, id) {
      const [row] = await database.query(statement('findSchema'), [context, id]);
      return row && readSchema(row);
    },

    async listSchemasByGuid(wanted) {
      const rows = await database.query(statement('listSchemasByGuid'), [wanted]);
      return rows.map(readSchema);
    },

    async findDigest(context, id) {
      const [row] = await database.query<{ digest: string }>(statement('findDigest'), [context, id]);
      return row?.digest;
    },

    async findIdOf(context, content) {
      const [row] = await database.query<{ id: number }>(statement('findId'), [
        context,
        fingerprint(content),
      ]);
      return row?.id;
    },

    async listIdsOfText(context, content) {
      const rows = await database.query<{ id: number }>(statement('listIdsOfText'), [
        context,
        textFingerprint(content),
      ]);
      return rows.map(({ id }) => id);
    },

    async listIdsWithReferences({ context, subject }) {
      const rows = await database.query<{ id: number }>(statement('listIdsWithReferences'), [
        context,
        subject,
      ]);
      return rows.map(({ id }) => id);
    },

    async findLastId(context) {
      const [row] = await database.query<{ last_id: number }>(statement('findLastId'), [context]);
      return row?.last_id ?? 0;
    },

    addVersion: versionQueue(database, (added) => retried(() => addVersion(database, added))),

    removeVersions: (name, decide) =>
      retried(() => database.transaction((connection) => removeVersions(connection, name, decide))),

    changeSettings: (name, decide) =>
      retried(() => database.transaction((connection) => changeSettings(connection, name, decide))),

    importVersion: (imported) => retried(() => importVersion(database, imported)),

    async listSettings(context) {
      const rows = await database.query<SettingsRow>(statement('listSettings'), [context]);
      return rows.map(({ config, mode, ...name }) => ({ name, ...readSettings({ config, mode }) }));
    },

    removeContext: (context) =>
      retried(() => database.transaction((connection) => removeContext(connection, context))),

    listSubjects({ context, prefix, show }, { after, offset, limit }) {
      const [begin, end] = boundsOf(context, prefix);
      return database.query<SubjectName>(statement('listSubjects'), [
        after ? behind(after) : begin,
        end,
        context ?? null,
        prefix,
        show,
        offset,
        limit,
      ]);
    },

    async listVersions(filter, { after, offset, limit }) {
      const { context, prefix, withDeleted, latestOnly, ruleType, also = [] } = filter;
      const [begin, end] = boundsOf(context, prefix);
      const hasOthers = also.length > 0;
      const rows = await database.query(statement(hasOthers ? 'listVersionsAlso' : 'listVersions'), [
        // The others may come before all that the prefix finds.
        after ? listName(after) : hasOthers ? '' : begin,
        end,
        after?.version ?? 0,
        context ?? null,
        prefix,
        withDeleted,
        latestOnly,
        ruleType ?? null,
        offset,
        limit,
        ...(hasOthers ? [JSON.stringify(also)] : []),
      ]);
      return rows.map(readListedVersion);
    },

    async listContextsOf(subject) {
      const rows = await database.query<{ context: string }>(statement('listContextsOf'), [subject]);
      return rows.map(({ context }) => context);
    },

    async listAliases() {
      const rows = await database.query<SubjectName & { alias: string }>(statement('listAliases'));
      return rows.map(({ alias, ...name }) => ({ name, alias }));
    },

    async listUses(context, id) {
      const rows = await database.query<SubjectName & { version: number; deleted: boolean }>(
        statement('listUses'),
        [context, id],
      );
      return rows.map(({ version, deleted, ...name }) => ({ name, version, isDeleted: deleted }));
    },

    async listReferrers({ context, subject }, version) {
      const rows = await database.query(statement('listReferrers'), [context, subject, version]);
      return rows.map(readReferrer);
    },

    async listContexts() {
      const rows = await database.query<{ context: string }>(statement('listContexts'));
      return ['.', ...rows.map(({ context }) => context)];
    },

    watch: (listener) => watchChanges(database, listener),

    countHoldings: (signal) => database.unlimited(countHoldings, signal),

    async status(deadlineMs) {
      const { looked, ...status } = await database.ping(deadlineMs, migrated && statement('lookAtTables'));
      if (looked) volume = readVolume(looked.comment);
      if (migrated && looked) ensureSameTables(looked, migrated);
      // Known since the start: the pool may be busy, and that is no reason to be unready.
      return { ...status, volume, ...(migrated ?? (await readMigrated(database))) };
    },

    volume: () => volume,
    poolUsage: () => database.poolUsage(),
    close: () => database.close(),
  };
}

/**
 * The tables are still those that were migrated: not emptied, and not those of a backup of before.
 * @throws StoreUnavailable
 */
function ensureSameTables({ migration, has_counters: hasCounters }: Row, migrated: Migrated): void {
  const now = (migration as number | null) ?? 0;
  if (now >= migrated.migration && hasCounters === true) return;
  const words =
    now < migrated.migration
      ? `the tables of the registry are those of migration ${now}, and were those of ${migrated.migration} when the server started`
      : 'the tables of the registry have been emptied';
  throw new StoreUnavailable(`${words}: finish the restore, or restart the server`, {
    reason: 'TablesChanged',
  });
}

async function addVersion(
  connection: Connection,
  { name, judgedAgainst, content, targets }: NewVersion,
): Promise<AddedVersion | undefined> {
  const [row] = await connection.query<AddedVersion>(statement('addVersion'), [
    name.context,
    name.subject,
    judgedAgainst.revision,
    judgedAgainst.settingsRevision,
    ...valuesOf(content),
    pointersOf(targets),
  ]);
  return row;
}

async function importVersion(
  connection: Connection,
  { name, id, version, judgedAgainst, content, targets }: ImportedVersion,
): Promise<{ readonly version: number } | 'taken' | undefined> {
  const [row] = await connection.query<{ outcome: 'added' | 'moved' | 'taken'; version: number }>(
    statement('importVersion'),
    [
      name.context,
      name.subject,
      version,
      id,
      judgedAgainst.settingsRevision,
      ...valuesOf(content),
      pointersOf(targets),
    ],
  );
  if (!row || row.outcome === 'moved') return undefined;
  return row.outcome === 'taken' ? 'taken' : { version: row.version };
}

/** In the order of the columns. */
function valuesOf(content: SchemaContent): readonly unknown[] {
  const hasContract = content.metadata !== undefined || content.ruleSet !== undefined;
  const columns = contentColumns(content);
  const asJson = (value: object | undefined) => (value === undefined ? null : JSON.stringify(value));
  return [
    fingerprint(content),
    hasContract ? textFingerprint(content) : null,
    columns.guid,
    columns.schema_type,
    columns.schema,
    asJson(columns.refs),
    asJson(columns.metadata),
    asJson(columns.rule_set),
  ];
}

function pointersOf(targets: NewVersion['targets']): string {
  return JSON.stringify(
    targets.map(({ name, version, id }, position) => ({ position, ...name, version, id })),
  );
}

async function countHoldings(connection: Connection): Promise<Holdings> {
  const none = { live: 0, deleted: 0 };
  const [subjects = none] = await connection.query<LiveAndDeleted>(statement('countSubjects'));
  const schemas = await connection.query<{ type: string; schemas: number }>(statement('countSchemas'));
  const versions = await connection.query<LiveAndDeleted & { type: string }>(statement('countVersions'));
  const versionsOf = (type: string) => versions.find((counted) => counted.type === type) ?? none;
  return {
    subjects: { live: subjects.live, deleted: subjects.deleted },
    types: schemas.map((counted) => {
      const { live, deleted } = versionsOf(counted.type);
      return { ...counted, versions: { live, deleted } };
    }),
  };
}

async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES || !RETRIED_STATES.includes(sqlState(error) ?? '')) throw error;
    }
  }
}
