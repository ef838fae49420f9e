import { readdirSync, readFileSync } from 'node:fs';
import { gt, lt } from 'semver';
import { version as ownVersion } from '../version.ts';
import type { Connection, Database } from './database.ts';
import { statement } from './sql.ts';

const folder = new URL('./migrations/', import.meta.url);

/** The database was written by a newer server. Trying again does not help. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';
}

/** How far the tables of a database have come. */
export interface Migrated {
  /** Of the last migration; 0 where the database is empty. */
  readonly migration: number;
  /** The oldest version of the server that can work with the tables; undefined where any that there is can. */
  readonly oldestServer: string | undefined;
}

interface Migration {
  readonly number: number;
  readonly name: string;
}

interface AppliedRow {
  readonly number: number;
  readonly name: string;
  readonly oldest_server: string | null;
}

function listMigrations(): readonly Migration[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}-.*\.sql$/.test(name))
    .sort()
    .map((name) => ({ number: Number(name.slice(0, 4)), name }));
}

/**
 * Brings the tables up to date, in one transaction and one server at a time. Tables that a newer server has extended
 * are left as they are and used, where that server's migrations say that this version can. It takes as long as it takes:
 * no limit of requests holds for it, nor for the wait until another server has done it.
 * @param version of this server
 * @throws DatabaseTooNew that names the oldest version that can work with the tables
 */
export function migrate(
  database: Database,
  migrations = listMigrations(),
  version = ownVersion,
  signal?: AbortSignal,
): Promise<Migrated> {
  const newest = migrations.at(-1)?.number ?? 0;
  return database.unlimited(async (session) => {
    const found = (await hasMigrations(session)) ? await listApplied(session) : [];
    // The usual start: nothing to do, so no lock to wait for.
    if (lastOf(found) >= newest) return usable(found, newest, version);
    return session.transaction(async (connection) => {
      await connection.query(statement('lockMigrations'));
      await connection.runScript(`create table if not exists migrations (
        number integer primary key, name text not null, applied_at timestamptz not null default now(),
        oldest_server text)`);
      const applied = lastOf(await listApplied(connection));
      for (const { number, name } of migrations.filter((migration) => migration.number > applied)) {
        const script = readFileSync(new URL(name, folder), 'utf8');
        await connection.runScript(script);
        const oldest = /^-- Oldest server: (\S+)/.exec(script)?.[1] ?? null;
        await connection.query(statement('addMigration'), [number, name, oldest]);
      }
      return usable(await listApplied(connection), newest, version);
    });
  }, signal);
}

export async function readMigrated(database: Database): Promise<Migrated> {
  return migratedOf((await hasMigrations(database)) ? await listApplied(database) : []);
}

async function hasMigrations(database: Connection): Promise<boolean> {
  const [found] = await database.query<{ found: boolean }>(statement('findMigrations'));
  return found?.found ?? false;
}

function listApplied(connection: Connection): Promise<readonly AppliedRow[]> {
  return connection.query<AppliedRow>(statement('listMigrations'));
}

function lastOf(rows: readonly AppliedRow[]): number {
  return rows.at(-1)?.number ?? 0;
}

function migratedOf(rows: readonly AppliedRow[]): Migrated {
  let oldestServer: string | undefined;
  for (const { oldest_server: oldest } of rows) {
    if (oldest !== null && (oldestServer === undefined || gt(oldest, oldestServer))) oldestServer = oldest;
  }
  return { migration: lastOf(rows), oldestServer };
}

/** @param newest number of the last migration that this server knows */
function usable(rows: readonly AppliedRow[], newest: number, version: string): Migrated {
  for (const { number, oldest_server: oldest } of rows) {
    if (number <= newest || (oldest !== null && !lt(version, oldest))) continue;
    const right =
      oldest === null ? 'the newer version of the server' : `version ${oldest} of the server or newer`;
    throw new DatabaseTooNew(
      `the database is at migration ${lastOf(rows)}, this server (${version}) knows ${newest}: run ${right}, or restore a backup of before its upgrade`,
    );
  }
  return migratedOf(rows);
}
