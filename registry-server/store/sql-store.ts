import type { Reference } from '../schema-types/schema-type.ts';
import { GLOBAL_CONTEXT, type SubjectName } from '../subject-name.ts';
import { type Connection, type Database, type Row, StoreUnavailable, sqlState } from './database.ts';
import { fingerprint, guid, textFingerprint } from './fingerprint.ts';
import { behind, boundsOf, listName } from './list-name.ts';
import { type Migrated, migrate, readMigrated } from './migrate.ts';
import { readNotification } from './read-change.ts';
import { statement } from './sql.ts';
import type {
  Change,
  ChangeListener,
  Holdings,
  ImportedVersion,
  ListedVersion,
  LiveAndDeleted,
  NewVersion,
  Referrer,
  Removal,
  SchemaContent,
  Settings,
  SettingsChain,
  Store,
  StoredSchema,
  SubjectState,
} from './store.ts';
import { type AddedVersion, versionQueue } from './version-queue.ts';

const CHANNEL = 'schema_registry';
// Deadlock found, serialization failure: the transaction was undone and may succeed now.
const RETRIED_STATES = ['40P01', '40001'];
const MAX_TRIES = 5;

/** The store over any Database: PostgreSQL in production, PGlite in the process. */
export function sqlStore(database: Database): Store {
  let migrated: Migrated | undefined;
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

    watch: (listener) => watch(database, listener),

    countHoldings: (signal) => database.unlimited(countHoldings, signal),

    async status(deadlineMs) {
      const { looked, ...status } = await database.ping(deadlineMs, migrated && statement('lookAtTables'));
      if (migrated && looked) ensureSameTables(looked, migrated);
      // Known since the start: the pool may be busy, and that is no reason to be unready.
      return { ...status, ...(migrated ?? (await readMigrated(database))) };
    },

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

async function readSubject(connection: Connection, { context, subject }: SubjectName): Promise<SubjectState> {
  const [row] = await connection.query<{
    revision: string;
    settings_revision: string;
    last_version: number;
    versions: readonly [number, number, boolean, number][];
    settings: readonly SettingsRow[];
  }>(statement('readSubject'), [context, subject]);
  if (!row) throw new Error('a select without a table gave no row');
  const settingsOf = (wanted: SubjectName): Settings => {
    const found = row.settings.find((s) => s.context === wanted.context && s.subject === wanted.subject);
    return found ? readSettings(found) : {};
  };
  return {
    revision: row.revision,
    settingsRevision: row.settings_revision,
    settings: {
      subject: subject === '' ? {} : settingsOf({ context, subject }),
      context: context === GLOBAL_CONTEXT ? {} : settingsOf({ context, subject: '' }),
      global: settingsOf({ context: GLOBAL_CONTEXT, subject: '' }),
    },
    lastVersion: row.last_version,
    versions: row.versions.map(([version, id, isDeleted, createdAtMs]) => ({
      version,
      id,
      isDeleted,
      createdAtMs,
    })),
  };
}

interface SettingsRow extends SubjectName {
  readonly config: Settings['config'] | null;
  readonly mode: Settings['mode'] | null;
}

function readSettings({ config, mode }: Pick<SettingsRow, 'config' | 'mode'>): Settings {
  return { config: config ?? undefined, mode: mode ?? undefined };
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
  const { schemaType, schema, references, metadata, ruleSet } = content;
  const hasContract = metadata !== undefined || ruleSet !== undefined;
  return [
    fingerprint(content),
    hasContract ? textFingerprint(content) : null,
    guid(content),
    schemaType,
    schema,
    references.length > 0 ? JSON.stringify(references) : null,
    metadata ? JSON.stringify(metadata) : null,
    ruleSet ? JSON.stringify(ruleSet) : null,
  ];
}

function pointersOf(targets: NewVersion['targets']): string {
  return JSON.stringify(
    targets.map(({ name, version, id }, position) => ({ position, ...name, version, id })),
  );
}

async function removeVersions(
  connection: Connection,
  name: SubjectName,
  decide: (state: SubjectState, referrers: readonly Referrer[]) => Removal,
): Promise<void> {
  const { context, subject } = name;
  const at = [context, subject];
  await connection.query(statement('lockSettings'), [context, false]);
  await connection.query(statement('lockSubject'), at);
  // A registration that points at one of these versions holds it until it commits: after this it is seen.
  await connection.query(statement('lockVersions'), at);
  const referrers = await connection.query(statement('listAllReferrers'), at);
  const removal = decide(await readSubject(connection, name), referrers.map(readReferrer));

  const versions = JSON.stringify(removal.versions);
  if (removal.isPermanent) {
    const dropped = await connection.query<{ id: number }>(statement('dropVersions'), [...at, versions]);
    const ids = JSON.stringify([...new Set(dropped.map(({ id }) => id))]);
    await connection.query(statement('lockSchemas'), [context, ids]);
    const purged = await connection.query(statement('purgeSchemas'), [context, ids]);
    if (purged.length > 0) {
      await connection.query(statement('countPurge'));
      await notify(connection, { purged: true });
    }
    const forgotten = await connection.query(statement('forgetSubject'), at);
    if (forgotten.length > 0) await connection.query(statement('forgetSettings'), at);
  } else {
    await connection.query(statement('softDelete'), [...at, versions]);
  }
  await connection.query(statement('moveRevision'), at);
  await notify(connection, name);
}

async function changeSettings(
  connection: Connection,
  name: SubjectName,
  decide: (before: SettingsChain, hasLive: boolean) => Settings,
): Promise<void> {
  const { context, subject } = name;
  await connection.query(statement('lockSettings'), [context, true]);
  const [live] = await connection.query<{ found: boolean }>(statement('hasLive'), [
    context === GLOBAL_CONTEXT ? null : context,
    subject,
  ]);
  const { settings } = await readSubject(connection, name);
  const { config, mode } = decide(settings, live?.found ?? false);
  await connection.query(statement('writeSettings'), [
    context,
    subject,
    config ? JSON.stringify(config) : null,
    mode ?? null,
  ]);
  // Those of a context weigh on every subject in it.
  await notify(connection, subject === '' ? { settingsOf: context } : name);
}

async function removeContext(connection: Connection, context: string): Promise<boolean> {
  // Nobody registers meanwhile.
  await connection.query(statement('lockSettings'), [context, true]);
  const left = await connection.query(statement('listContextSubjects'), [context]);
  if (left.length > 0) return false;
  await connection.query(statement('clearContextSettings'), [context]);
  const dropped = await connection.query(statement('dropContextSchemas'), [context]);
  if (dropped.length > 0) {
    await connection.query(statement('countPurge'));
    await notify(connection, { purged: true });
  }
  await connection.query(statement('dropContext'), [context]);
  await notify(connection, { settingsOf: context });
  return true;
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

async function notify(connection: Connection, change: Change): Promise<void> {
  await connection.query(statement('notify'), [JSON.stringify(change)]);
}

function watch(database: Database, listener: ChangeListener): void {
  let connection = 0;
  database.listen(CHANNEL, {
    notified: (payload) => listener.changed(readNotification(payload)),
    lost: () => {
      connection += 1;
      listener.lost();
    },
    connected: () => {
      connection += 1;
      void readPurges(connection);
    },
  });

  // What is read after the listening began cannot miss a purge: a later one is notified. Until it was read, for
  // whatever reason it cannot be, the feed counts as lost.
  async function readPurges(reading: number, isAgain = false): Promise<void> {
    try {
      const [row] = await database.query<{ purges: string }>(statement('readPurges'));
      if (reading === connection) listener.connected(row?.purges ?? '0');
    } catch (error) {
      if (reading !== connection) return;
      if (!isAgain) listener.failed?.(error);
      setTimeout(() => void readPurges(reading, true), 500).unref();
    }
  }
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

function readSchema(row: Row): StoredSchema {
  return {
    context: row.context as string,
    id: row.id as number,
    guid: row.guid as string,
    schemaType: row.schema_type as string,
    schema: row.schema as string,
    references: (row.refs as readonly Reference[] | null) ?? [],
    ...(row.metadata ? { metadata: row.metadata as SchemaContent['metadata'] } : {}),
    ...(row.rule_set ? { ruleSet: row.rule_set as SchemaContent['ruleSet'] } : {}),
  };
}

function readListedVersion(row: Row): ListedVersion {
  const content = readSchema(row);
  return {
    name: { context: content.context, subject: row.subject as string },
    version: row.version as number,
    id: content.id,
    isDeleted: row.deleted as boolean,
    createdAtMs: Number(row.created_ms),
    content,
  };
}

function readReferrer(row: Row): Referrer {
  return {
    version: row.version as number,
    context: row.context as string,
    id: row.id as number,
    isLive: row.is_live as boolean,
    isOwn: row.is_own as boolean,
  };
}
