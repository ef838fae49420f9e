import { GLOBAL_CONTEXT, type SubjectName } from '../subject-name.ts';
import type { Connection } from './database.ts';
import { readSubject } from './read-subject.ts';
import { readReferrer } from './rows.ts';
import { statement } from './sql.ts';
import type { Change, Referrer, Removal, Settings, SettingsChain, SubjectState } from './store.ts';

export async function removeVersions(
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

export async function changeSettings(
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

export async function removeContext(connection: Connection, context: string): Promise<boolean> {
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

async function notify(connection: Connection, change: Change): Promise<void> {
  await connection.query(statement('notify'), [JSON.stringify(change)]);
}
