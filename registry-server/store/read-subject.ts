import { GLOBAL_CONTEXT, type SubjectName } from '../subject-name.ts';
import type { Connection } from './database.ts';
import { readSettings, type SettingsRow } from './rows.ts';
import { statement } from './sql.ts';
import type { Settings, SubjectState } from './store.ts';

export async function readSubject(
  connection: Connection,
  { context, subject }: SubjectName,
): Promise<SubjectState> {
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
