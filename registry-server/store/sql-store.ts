import type { Reference } from '../schema-types/schema-type.ts';
import { formatSubjectName, GLOBAL_CONTEXT, type SubjectName } from '../subject-name.ts';
import { type Connection, type Database, type Row, StoreUnavailable, sqlState } from './database.ts';
import { fingerprint, guid } from './fingerprint.ts';
import { migrate, readMigration } from './migrate.ts';
import { statement } from './sql.ts';
import type {
  Change,
  ChangeListener,
  NewVersion,
  Referrer,
  Removal,
  Settings,
  SettingsChain,
  Store,
  StoredSchema,
  SubjectFilter,
  SubjectState,
} from './store.ts';
import { type AddedVersion, versionQueue } from './version-queue.ts';

const CHANNEL = 'schema_registry';
// Deadlock found, serialization failure: the transaction was undone and may succeed now.
const RETRIED_STATES = ['40P01', '40001'];
const MAX_TRIES = 5;

/** The store over any Database: PostgreSQL in production, PGlite in the process. */
export function sqlStore(database: Database): Store {
  let migration: number | undefined;
  return {
    kind: database.kind,

    async migrate() {
      migration = await migrate(database);
      return migration;
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

    addVersion: versionQueue(database, (added) => retried(() => addVersion(database, added))),

    removeVersions: (name, decide) =>
      retried(() => database.transaction((connection) => removeVersions(connection, name, decide))),

    changeSettings: (name, decide) =>
      retried(() => database.transaction((connection) => changeSettings(connection, name, decide))),

    async listSubjects({ context, prefix, show, offset, limit }: SubjectFilter) {
      const rows = await database.query<SubjectName>(statement('listSubjects'), [
        context ?? null,
        prefix,
        show,
        offset,
        limit ?? null,
      ]);
      return rows.map(formatSubjectName);
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

    async status(deadlineMs) {
      const status = await database.ping(deadlineMs);
      // Known since the start: the pool may be busy, and that is no reason to be unready.
      return { ...status, migration: migration ?? (await readMigration(database)) };
    },

    poolUsage: () => database.poolUsage(),
    close: () => database.close(),
  };
}

async function readSubject(connection: Connection, { context, subject }: SubjectName): Promise<SubjectState> {
  const [row] = await connection.query<{
    revision: string;
    settings_revision: string;
    last_version: number;
    versions: readonly [number, number, boolean][];
    settings: readonly {
      context: string;
      subject: string;
      config: Settings['config'] | null;
      mode: string | null;
    }[];
  }>(statement('readSubject'), [context, subject]);
  if (!row) throw new Error('a select without a table gave no row');
  const settingsOf = (wanted: SubjectName): Settings => {
    const found = row.settings.find((s) => s.context === wanted.context && s.subject === wanted.subject);
    return { config: found?.config ?? undefined, mode: found?.mode ?? undefined };
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
    versions: row.versions.map(([version, id, isDeleted]) => ({ version, id, isDeleted })),
  };
}

async function addVersion(
  connection: Connection,
  { name, judgedAgainst, content, targets }: NewVersion,
): Promise<AddedVersion | undefined> {
  const pointers = targets.map((target, position) => ({
    position,
    ...target.name,
    version: target.version,
    id: target.id,
  }));
  const [row] = await connection.query<AddedVersion>(statement('addVersion'), [
    name.context,
    name.subject,
    judgedAgainst.revision,
    judgedAgainst.settingsRevision,
    fingerprint(content),
    guid(content),
    content.schemaType,
    content.schema,
    content.references.length > 0 ? JSON.stringify(content.references) : null,
    JSON.stringify(pointers),
  ]);
  return row;
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
  decide: (before: SettingsChain) => Settings,
): Promise<void> {
  const { context, subject } = name;
  await connection.query(statement('lockSettings'), [context, true]);
  const { config, mode } = decide((await readSubject(connection, name)).settings);
  await connection.query(statement('writeSettings'), [
    context,
    subject,
    config ? JSON.stringify(config) : null,
    mode ?? null,
  ]);
  // Those of a context weigh on every subject in it.
  await notify(connection, subject === '' ? { settingsOf: context } : name);
}

async function notify(connection: Connection, change: Change): Promise<void> {
  await connection.query(statement('notify'), [JSON.stringify(change)]);
}

function watch(database: Database, listener: ChangeListener): void {
  let connection = 0;
  database.listen(CHANNEL, {
    notified: (payload) => listener.changed(JSON.parse(payload) as Change),
    lost: () => {
      connection += 1;
      listener.lost();
    },
    connected: () => {
      connection += 1;
      void readPurges(connection);
    },
  });

  // What is read after the listening began cannot miss a purge: a later one is notified.
  async function readPurges(reading: number): Promise<void> {
    try {
      const [row] = await database.query<{ purges: string }>(statement('readPurges'));
      if (reading === connection) listener.connected(row?.purges ?? '0');
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      if (reading === connection) setTimeout(() => void readPurges(reading), 500).unref();
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
