import type { Statement } from './database.ts';

const epochMs = `(extract(epoch from created_at) * 1000)::bigint`;

const itsSettings = `from settings
     where (context = $1 and subject in ($2, '')) or (context = '.__GLOBAL' and subject = '')`;

// One row, also of a subject that is not there. The sum is what settings_revision gives, which would be planned each time.
const subjectState = `
  coalesce(s.revision, 0)::text as revision, coalesce(s.last_version, 0) as last_version,
  (select coalesce(sum(revision), 0)::bigint::text ${itsSettings}) as settings_revision,
  (select coalesce(json_agg(json_build_array(version, id, deleted, ${epochMs}) order by version), '[]')
     from versions where context = $1 and subject = $2) as versions,
  (select coalesce(json_agg(json_build_object('context', context, 'subject', subject, 'config', config, 'mode', mode)), '[]')
     ${itsSettings}) as settings
  from (select 1) one left join subjects s on s.context = $1 and s.subject = $2`;

const schemaColumns = 'context, id, guid, schema_type, schema, refs, metadata, rule_set';

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

const withPrefix =
  '(u.list_name < $2 and ($4::text is null or u.context = $4) and starts_with(u.subject, $5))';

/** Of the subject $1 only what comes after version $3. */
const listVersionsOf = (subjects: string) => `
     select v.context, v.subject, v.version, v.deleted, ${epochMs.replace('created_at', 'v.created_at')} as created_ms,
       s.id, s.guid, s.schema_type, s.schema, s.refs, s.metadata, s.rule_set
     from subjects u
     join versions v on v.context = u.context and v.subject = u.subject
     join schemas s on s.context = v.context and s.id = v.id
     where u.list_name >= $1 and ${subjects}
       and (u.list_name > $1 or v.version > $3::integer) and ($6::boolean or not v.deleted)
       and (not $7::boolean or not exists (
         select from versions w
         where w.context = v.context and w.subject = v.subject and w.version > v.version and ($6::boolean or not w.deleted)))
       and ($8::text is null or exists (
         select from json_each(s.rule_set) l
           cross join json_array_elements(case json_typeof(l.value) when 'array' then l.value else '[]' end) r
         where r ->> 'type' = $8))
     order by u.list_name, v.version offset $9 limit $10`;

/** Every statement, with its name. PostgreSQL and PGlite run the same ones. */
export const sql = {
  readSubject: `select ${subjectState}`,
  lockSubject: 'select revision from subjects where context = $1 and subject = $2 for update',
  lockVersions:
    'select version from versions where context = $1 and subject = $2 order by version for update',
  findSchema: `select ${schemaColumns} from schemas where context = $1 and id = $2`,
  listSchemasByGuid: `select ${schemaColumns} from schemas where guid = $1 order by context, id`,
  findDigest: `select encode(fingerprint, 'hex') as digest from schemas where context = $1 and id = $2`,
  findId: 'select id from schemas where context = $1 and fingerprint = $2 and not is_copy',
  listIdsOfText: 'select id from schemas where context = $1 and text_fingerprint = $2 order by id',
  listIdsWithReferences: `select distinct r.id from versions v
     join schema_references r on r.context = v.context and r.id = v.id
     where v.context = $1 and v.subject = $2`,
  findLastId: 'select last_id from contexts where context = $1',
  addVersion: `select id, version from add_version($1, $2, $3::bigint, $4::bigint,
    $5::bytea, $6::bytea, $7::uuid, $8, $9, $10::json, $11::json, $12::json, $13::json)`,
  importVersion: `select outcome, version from import_version($1, $2, $3::integer, $4::integer, $5::bigint,
    $6::bytea, $7::bytea, $8::uuid, $9, $10, $11::json, $12::json, $13::json, $14::json)`,

  // Many at once. The subjects are locked first, without waiting: no batch can wait for another in a circle. A subject
  // that is new has no row to lock, so its name is. Not `exists`: that would be hashed, over all subjects.
  addVersions: `
    with wanted as materialized (
      select * from json_to_recordset($1::json) as w(
        i integer, context text, subject text, revision bigint, settings_revision bigint,
        fingerprint bytea, text_fingerprint bytea, guid uuid, schema_type text, schema text,
        refs json, metadata json, rule_set json)
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
      cross join lateral add_version(g.context, g.subject, g.revision, g.settings_revision,
        g.fingerprint, g.text_fingerprint, g.guid, g.schema_type, g.schema, g.refs, g.metadata, g.rule_set, '[]') v
      -- At most one, which the planner would not guess: for a thousand it would compile the statement.
      limit 1
    ) a on true`,

  softDelete: `update versions set deleted = true
     where context = $1 and subject = $2 and version in (select value::integer from json_array_elements_text($3::json))`,
  dropVersions: `delete from versions
     where context = $1 and subject = $2 and version in (select value::integer from json_array_elements_text($3::json))
     returning id`,
  moveRevision: `update subjects s set revision = nextval('revisions'), has_live = exists (
       select from versions v where v.context = s.context and v.subject = s.subject and not v.deleted)
     where context = $1 and subject = $2`,
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

  // $1 null: everything; $2 empty: the whole context.
  hasLive: `select exists (select from subjects
     where ($1::text is null or context = $1) and ($2 = '' or subject = $2) and has_live) as found`,
  listSettings: 'select context, subject, config, mode from settings where context = $1 order by subject',
  listAliases: `select context, subject, config ->> 'alias' as alias from settings
     where config ->> 'alias' <> '' order by context, subject`,
  listContextSubjects: 'select subject from subjects where context = $1 limit 1',
  clearContextSettings: `update settings set config = null, mode = null, revision = nextval('revisions')
     where context = $1`,
  // Left where an import gave a version another schema.
  dropContextSchemas: 'delete from schemas where context = $1 returning id',
  // Its counter stays: ids that were given are not given again.
  dropContext: 'update contexts set is_removed = true where context = $1 and not is_removed',

  // From $1 on, which is behind the last one seen or where the prefix begins, and before $2: bounds, so that the index is
  // walked from where a page begins, however long the list is. $3 null: all contexts.
  listSubjects: `select context, subject from subjects
     where list_name >= $1 and list_name < $2 and ($3::text is null or context = $3) and starts_with(subject, $4)
       and case $5 when 'all' then true when 'live' then has_live else not has_live end
     order by list_name offset $6 limit $7`,
  listVersions: listVersionsOf(withPrefix),
  // $11: subjects that are listed beside those of the prefix.
  listVersionsAlso: listVersionsOf(`(${withPrefix} or (u.context, u.subject) in (
    select a.context, a.subject from json_to_recordset($11::json) a(context text, subject text)))`),
  listContextsOf: `select c.context from contexts c
     where c.context <> '.' and exists (select from subjects s where s.context = c.context and s.subject = $1)
     order by c.context`,
  listUses: `select context, subject, version, deleted from versions where context = $1 and id = $2
     order by subject, version`,
  listReferrers: `${referrers} and r.target_version = $3 order by r.target_version, r.context, r.id`,
  listAllReferrers: `${referrers} order by r.target_version, r.context, r.id`,
  listContexts: `select context from contexts where context <> '.' and not is_removed order by context`,

  countSubjects: `select count(*) filter (where has_live)::integer as live,
     count(*) filter (where not has_live)::integer as deleted from subjects`,
  countSchemas:
    'select schema_type as type, count(*)::integer as schemas from schemas group by schema_type order by 1',
  countVersions: `select s.schema_type as type, count(*) filter (where not v.deleted)::integer as live,
     count(*) filter (where v.deleted)::integer as deleted
     from versions v join schemas s on s.context = v.context and s.id = v.id group by s.schema_type`,

  notify: `select pg_notify('schema_registry', $1)`,

  lockMigrations: 'select pg_advisory_xact_lock(7000)',
  findMigrations: `select to_regclass('migrations') is not null as found`,
  listMigrations: 'select number, name, oldest_server from migrations order by number',
  // Of each table, because a statement about one that is missing fails.
  lookAtTables: `select (select max(number) from migrations) as migration,
    exists (select from registry) and exists (select from archive) as has_counters,
    (select last_value from revisions) as revision,
    (select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()) as comment,
    ${['contexts', 'schemas', 'subjects', 'versions', 'schema_references', 'settings', 'outbox']
      .map((table) => `exists (select from ${table}) as ${table}`)
      .join(', ')}`,
  addMigration: 'insert into migrations (number, name, oldest_server) values ($1, $2, $3)',
} as const satisfies Record<string, string>;

// How much of a list a request wants is in its values: the plan for any values reads the whole index.
const plannedEachTime: ReadonlySet<keyof typeof sql> = new Set([
  'listSubjects',
  'listVersions',
  'listVersionsAlso',
]);

/** What changes something, or holds a lock for a transaction. */
const changes =
  /\b(insert into|update|delete from|add_version|import_version|lock_settings|pg_notify|pg_advisory_xact_lock)\b/;

const statements = Object.fromEntries(
  (Object.keys(sql) as (keyof typeof sql)[]).map((name): [string, Statement] => [
    name,
    {
      name: plannedEachTime.has(name) ? undefined : name,
      text: sql[name],
      isRead: !changes.test(sql[name]),
    },
  ]),
) as Record<keyof typeof sql, Statement>;

export function statement(name: keyof typeof sql): Statement {
  return statements[name];
}
