import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from './database.ts';
import { statement } from './sql.ts';

const folder = new URL('./migrations/', import.meta.url);

/** The database was written by a newer server. Trying again does not help. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';
}

interface Migration {
  readonly number: number;
  readonly name: string;
}

function listMigrations(): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name }));
}

/** Brings the tables up to date, in one transaction and one server at a time; answers the last number. */
export async function migrate(database: Database, migrations = listMigrations()): Promise<number> {
  const newest = migrations.at(-1)?.number ?? 0;
  // The usual start: nothing to do, so no lock to wait for.
  if ((await readMigration(database)) === newest) return newest;
  return database.transaction(async (connection) => {
    await connection.query(statement('lockMigrations'));
    await connection.runScript(`create table if not exists migrations (
      number integer primary key, name text not null, applied_at timestamptz not null default now())`);
    const [row] = await connection.query<{ number: number }>(statement('lastMigration'));
    const applied = row?.number ?? 0;
    if (applied > newest) {
      throw new DatabaseTooNew(
        `the database is at migration ${applied}, this server knows ${newest}: run the newer version of the server, or restore a backup of before its upgrade`,
      );
    }
    for (const { number, name } of migrations.filter((migration) => migration.number > applied)) {
      await connection.runScript(readFileSync(new URL(name, folder), 'utf8'));
      await connection.query(statement('addMigration'), [number, name]);
    }
    return newest;
  });
}

/** 0 when the database is empty. */
export async function readMigration(database: Database): Promise<number> {
  const [found] = await database.query<{ found: boolean }>(statement('findMigrations'));
  if (!found?.found) return 0;
  const [row] = await database.query<{ number: number }>(statement('lastMigration'));
  return row?.number ?? 0;
}
