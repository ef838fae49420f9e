import type { Statement } from '../../database.ts';

const isHolder = '(select holder from archive) = $1';

const isThere = `exists (select from schemas s where s.fingerprint = decode(g.digest, 'hex') and not s.is_copy)
  or exists (select from schemas s where s.fingerprint = decode(g.digest, 'hex') and s.is_copy)`;

/** The statements of snapshots, but for that of what is in them. */
const sql = {
  snapshotAsk: `insert into snapshot_requests (name, is_removal) values ($1, $2)
    on conflict (name) do update set is_removal = excluded.is_removal, asked_at = clock_timestamp(), failure = null`,
  // Of a subject that is not there: nothing that anybody remembers is dropped, and who ships looks for what is to be done.
  snapshotWake: `select pg_notify('schema_registry', '{"context":".","subject":".snapshot"}')`,
  snapshotAsked: `select name, is_removal from snapshot_requests where failure is null
    order by asked_at, name limit 1`,
  snapshotOutcome: 'select failure from snapshot_requests where name = $1',
  snapshotAnswered: 'delete from snapshot_requests where name = $1',
  snapshotRefused: 'update snapshot_requests set failure = $2 where name = $1',
  snapshotsNote: `update archive set snapshots = $2::json, snapshot_failure = $3 where ${isHolder}`,

  garbageNote: `insert into archive_garbage (digest) select value from json_array_elements_text($1::json)
    on conflict (digest) do update set noted_at = clock_timestamp(), named_by = null`,
  // Registered again: it is no garbage, and if it ever is, it is noted anew.
  garbageForget: `delete from archive_garbage g where ${isThere}`,
  // $1: names of the snapshots that are there.
  garbageUnnamed: `select digest from archive_garbage g
    where noted_at < clock_timestamp() - $2::integer * interval '1 ms'
      and (named_by is null or named_by not in (select json_array_elements_text($1::json)))
    order by digest limit $3`,
  garbageNamed: `update archive_garbage g set named_by = w.name
    from json_to_recordset($1::json) as w(digest text, name text) where g.digest = w.digest`,
  garbageGone: 'delete from archive_garbage where digest in (select json_array_elements_text($1::json))',
} as const satisfies Record<string, string>;

export function snapshotStatement(name: keyof typeof sql): Statement {
  return { name, text: sql[name] };
}
