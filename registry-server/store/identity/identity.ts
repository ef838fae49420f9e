import { type Connection, type Statement, sqlState } from '../database.ts';
import { DatabaseReplaced, DataLost, type NotServed } from '../not-served.ts';

/** Which database a registry has, and how far it had come when that was noted. */
export interface Identity {
  /** Made with the tables, and kept by a backup, a restore and a rebuild. */
  readonly registryId: string;
  /** The highest id that was given in any context. */
  readonly lastId: number;
  /** Of the last change. It never goes back, but for changes that were not committed when PostgreSQL crashed. */
  readonly revision: number;
}

/** What whoever watches over a registry knows of its database. */
export interface ExpectedIdentity extends Identity {
  /** A person has accepted that it is lost: the database that is there takes its place. */
  readonly isGivenUp: boolean;
}

/** What is in a database: nothing, not even a table of the registry; or that of a registry. */
export type FoundIdentity = 'bare' | (Identity & { readonly isEmpty: boolean });

/**
 * How many ids are passed over where a loss is accepted: more than can have been given since the highest one was noted,
 * which is done within half a minute.
 */
const PASSED_OVER_IDS = 100_000;
/** More than a crash of PostgreSQL takes back: its sequences are logged in steps of 32. */
const UNCOMMITTED_REVISIONS = 1_000;
const MAX_ID = 2_147_483_647;

const sql = {
  identityIsBare: `select to_regclass('migrations') is null and to_regclass('registry') is null
      and to_regclass('subjects') is null and to_regclass('schemas') is null as is_bare`,
  identityRead: `select r.registry_id::text as registry_id, (select last_value::text from revisions) as revision,
      greatest((select max(last_id) from contexts), r.first_id - 1) as last_id,
      not exists (select from contexts) and not exists (select from schemas) as is_empty
    from registry r`,
  // Caches that know the former database must not take this one for it: as a rebuild does it.
  identityBeginAbove: `with begun as (
      update registry set first_id = $2::integer + 1, purges = (extract(epoch from clock_timestamp()) * 1000)::bigint,
        registry_id = case when registry_id = $1::uuid and $3::boolean then gen_random_uuid() else registry_id end
      where first_id <= $2::integer returning first_id
    ), counters as (
      update contexts set last_id = greatest(last_id, $2::integer) where exists (select from begun)
    )
    select setval('revisions', greatest(last_value, (extract(epoch from clock_timestamp()) * 1000000)::bigint))
      from revisions where exists (select from begun)`,
} as const satisfies Record<string, string>;

const statement = (name: keyof typeof sql): Statement => ({ name, text: sql[name] });

/** Once its tables are there. */
export async function readIdentity(database: Connection): Promise<Identity & { readonly isEmpty: boolean }> {
  const [row] = await database.query<{
    registry_id: string;
    revision: string;
    last_id: number;
    is_empty: boolean;
  }>(statement('identityRead'));
  if (!row) throw new Error('the table registry has no row');
  return {
    registryId: row.registry_id,
    lastId: row.last_id,
    revision: Number(row.revision),
    isEmpty: row.is_empty,
  };
}

/** Undefined where somebody changes the tables: they tell nothing. */
export async function findIdentity(database: Connection): Promise<FoundIdentity | undefined> {
  try {
    return await readIdentity(database);
  } catch (error) {
    if (!isOfTables(error)) throw error;
    const [found] = await database.query<{ is_bare: boolean }>(statement('identityIsBare'));
    return found?.is_bare ? 'bare' : undefined;
  }
}

/** Class 42 of PostgreSQL's error codes: a table or a column is missing. */
const isOfTables = (error: unknown) => sqlState(error)?.startsWith('42') === true;

/** Ids begin above what may have been given, also those of contexts that are not there. Done once, whoever asks again. */
export async function beginAbove(connection: Connection, { registryId, lastId }: Identity): Promise<void> {
  await connection.query(statement('identityBeginAbove'), [registryId, Math.min(lastId, MAX_ID - 1), false]);
}

/**
 * The database takes the place of one that was given up. An older copy of that one becomes another registry, because an
 * archive or a replica may still go by what it was.
 */
export async function takePlaceOf(connection: Connection, { registryId, lastId }: Identity): Promise<void> {
  const first = Math.min(lastId + PASSED_OVER_IDS, MAX_ID - 1);
  await connection.query(statement('identityBeginAbove'), [registryId, first, true]);
}

/**
 * What is wrong with a database, for whoever expects another one; undefined where it is what it was.
 * @param acceptance how a person accepts the loss
 */
export function lossOf(
  found: FoundIdentity,
  expected: Identity,
  acceptance: (registryId: string) => string,
): NotServed | undefined {
  const isEmpty = found === 'bare' || (found.isEmpty && found.registryId !== expected.registryId);
  const what = isEmpty ? 'the database is empty' : differenceOf(found, expected);
  if (what === undefined) return undefined;
  const words = `${what}, and that of registry ${expected.registryId} with ids up to ${expected.lastId} is expected: restore it, or accept the loss by ${acceptance(expected.registryId)}`;
  return isEmpty ? new DataLost(words) : new DatabaseReplaced(words);
}

function differenceOf(found: Identity, expected: Identity): string | undefined {
  if (found.registryId !== expected.registryId) return `the database is that of registry ${found.registryId}`;
  if (found.lastId < expected.lastId) return `the database is an older copy with ids up to ${found.lastId}`;
  if (found.revision < expected.revision - UNCOMMITTED_REVISIONS)
    return `the database is an older copy that lacks ${expected.revision - found.revision} changes`;
  return undefined;
}
