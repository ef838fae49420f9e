import type { Statement } from './database.ts';

const subjectState = `
  coalesce((select revision from subjects where context = $1 and subject = $2), 0)::text as revision,
  coalesce((select last_version from subjects where context = $1 and subject = $2), 0) as last_version,
  settings_revision($1, $2)::text as settings_revision,
  (select coalesce(json_agg(json_build_array(version, id, deleted) order by version), '[]')
     from versions where context = $1 and subject = $2) as versions,
  (select coalesce(json_agg(json_build_object('context', context, 'subject', subject, 'config', config, 'mode', mode)), '[]')
     from settings
     where (context = $1 and subject in ($2, '')) or (context = '.__GLOBAL' and subject = '')) as settings`;

const schemaColumns = 'context, id, guid, schema_type, schema, refs';

const referrers = `
  select distinct on (r.target_version, r.context, r.id)
    r.target_version as version, r.context, r.id,
    exists (select from versions v where v.context = r.context and v.id = r.id and not v.deleted) as is_live,
    not exists (
      select from versions v
      where v.context = r.context and v.id = r.id
        and (v.context, v.subject) is distinct from (r.target_context, r.target_subject)) as is_own
  from schema_references r
  where r.target_context = $1 and r.target_subject = $2`;

/** Every statement, with its name. PostgreSQL and PGlite run the same ones. */
export const sql = {
  readSubject: `select ${subjectState}`,
  lockSubject: 'select revision from subjects where context = $1 and subject = $2 for update',
  lockVersions:
    'select version from versions where context = $1 and subject = $2 order by version for update',
  findSchema: `select ${schemaColumns} from schemas where context = $1 and id = $2`,
  listSchemasByGuid: `select ${schemaColumns} from schemas where guid = $1 order by context, id`,
  findDigest: `select encode(fingerprint, 'hex') as digest from schemas where context = $1 and id = $2`,
  findId: 'select id from schemas where context = $1 and fingerprint = $2',
  addVersion:
    'select id, version from add_version($1, $2, $3::bigint, $4::bigint, $5::bytea, $6::uuid, $7, $8, $9::json, null, null, $10::json)',

  // Many at once. The subjects are locked first, without waiting: no batch can wait for another in a circle. A subject
  // that is new has no row to lock, so its name is. Not `exists`: that would be hashed, over all subjects.
  addVersions: `
    with wanted as materialized (
      select * from json_to_recordset($1::json) as w(
        i integer, context text, subject text, revision bigint, settings_revision bigint,
        fingerprint bytea, guid uuid, schema_type text, schema text, refs json)
    ), gated as materialized (
      select w.*, case
        when w.revision = 0 then case
          when (select true from subjects s where s.context = w.context and s.subject = w.subject) then 'moved'
          when pg_try_advisory_xact_lock(7002, hashtext(w.context || e'\\n' || w.subject)) then 'open'
          else 'busy' end
        when (select true from subjects s where s.context = w.context and s.subject = w.subject
          for update skip locked) then 'open'
        else 'busy' end as gate
      from wanted w
    )
    select g.i, g.gate, a.id, a.version
    from gated g
    left join lateral (
      select v.id, v.version
      from generate_series(1, case when g.gate = 'open' then 1 else 0 end)
      cross join lateral add_version(g.context, g.subject, g.revision, g.settings_revision, g.fingerprint, g.guid,
        g.schema_type, g.schema, g.refs, null, null, '[]') v
      -- At most one, which the planner would not guess: for a thousand it would compile the statement.
      limit 1
    ) a on true`,

  softDelete: `update versions set deleted = true
     where context = $1 and subject = $2 and version in (select value::integer from json_array_elements_text($3::json))`,
  dropVersions: `delete from versions
     where context = $1 and subject = $2 and version in (select value::integer from json_array_elements_text($3::json))
     returning id`,
  moveRevision: `update subjects set revision = nextval('revisions') where context = $1 and subject = $2`,
  // The versions of a subject that is gone for good start at 1 again, and its settings go with it.
  forgetSubject: `delete from subjects s where context = $1 and subject = $2
     and not exists (select from versions v where v.context = s.context and v.subject = s.subject)
     returning subject`,
  forgetSettings: `update settings set config = null, mode = null, revision = nextval('revisions')
     where context = $1 and subject = $2`,
  // Two steps: a registration that holds one of these rows has committed once the lock is ours, and is then seen.
  lockSchemas: `select id from schemas
     where context = $1 and id in (select value::integer from json_array_elements_text($2::json)) order by id for update`,
  purgeSchemas: `delete from schemas s
     where context = $1 and id in (select value::integer from json_array_elements_text($2::json))
       and not exists (select from versions v where v.context = s.context and v.id = s.id)
     returning id`,
  countPurge: 'update registry set purges = purges + 1',
  readPurges: 'select purges::text as purges from registry',

  lockSettings: 'select lock_settings($1, $2)',
  writeSettings: `insert into settings (context, subject, config, mode, revision)
     values ($1, $2, $3::json, $4, nextval('revisions'))
     on conflict (context, subject) do update
       set config = excluded.config, mode = excluded.mode, revision = excluded.revision`,

  // $1: one context, or null for all; $2: prefix; $3: live, all or deleted.
  listSubjects: `select context, subject from versions
     where ($1::text is null or context = $1) and starts_with(subject, $2)
     group by context, subject
     having case $3 when 'all' then true when 'live' then not bool_and(deleted) else bool_and(deleted) end
     order by context collate "C", subject collate "C" offset $4 limit $5::bigint`,
  listUses: `select context, subject, version, deleted from versions where context = $1 and id = $2
     order by subject collate "C", version`,
  listReferrers: `${referrers} and r.target_version = $3 order by r.target_version, r.context, r.id`,
  listAllReferrers: `${referrers} order by r.target_version, r.context, r.id`,
  listContexts: `select context from contexts where context <> '.' order by context collate "C"`,

  notify: `select pg_notify('schema_registry', $1)`,

  lockMigrations: 'select pg_advisory_xact_lock(7000)',
  findMigrations: `select to_regclass('migrations') is not null as found`,
  lastMigration: 'select coalesce(max(number), 0) as number from migrations',
  addMigration: 'insert into migrations (number, name) values ($1, $2)',
} as const satisfies Record<string, string>;

export function statement(name: keyof typeof sql): Statement {
  return { name, text: sql[name] };
}
