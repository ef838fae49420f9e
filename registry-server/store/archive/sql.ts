import type { Statement } from '../database.ts';

const iso = (column: string) => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

const schemaFields = `
  'id', c.id, 'digest', encode(c.fingerprint, 'hex'), 'isCopy', c.is_copy, 'schemaCreatedAt', ${iso('c.created_at')},
  'targets', (select json_agg(json_build_object('position', r.position,
      'context', r.target_context, 'subject', r.target_subject, 'version', r.target_version) order by r.position)
    from schema_references r where r.context = c.context and r.id = c.id)`;

const isHolder = '(select holder from archive) = $1';

/** The statements of the archive. */
const sql = {
  // An end that no holder can have set, as of a clock that was put back, is none.
  archiveAcquire: `update archive set holder = $1, held_until = clock_timestamp() + $2::integer * interval '1 ms'
    where holder is null or held_until is null or held_until < clock_timestamp()
      or held_until > clock_timestamp() + 4 * $2::integer * interval '1 ms' returning holder`,
  archiveRenew: `update archive set held_until = clock_timestamp() + $2::integer * interval '1 ms'
    where holder = $1 returning holder`,
  archiveRelease: 'update archive set holder = null, held_until = null where holder = $1',
  archiveState: `select a.is_on, a.destination, a.walk, a.held_until > clock_timestamp() as is_held,
      r.registry_id::text as registry_id, r.first_id
    from archive a cross join registry r`,
  archiveSwitchOn: `update archive set is_on = true, destination = $2, walk = '{"phase":"begin"}'
    where holder = $1`,
  archiveSwitchOff: `update archive set is_on = false, destination = null, walk = null, holder = null, held_until = null`,
  archiveWalkAgain: `update archive set walk = '{"phase":"begin"}' where is_on returning destination`,
  archiveClear: 'delete from outbox',
  archiveBacklog: `select count(*)::integer as pending,
      coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float as lag_seconds,
      (select is_on and walk is null from archive) as is_complete,
      (select snapshots from archive) as snapshots, (select snapshot_failure from archive) as snapshot_failure
    from outbox`,

  // The next transaction that gets a number; and the oldest of those that are still under way.
  archiveHorizon: 'select pg_snapshot_xmax(pg_current_snapshot())::text as horizon',
  archiveIsPast: 'select pg_snapshot_xmin(pg_current_snapshot()) >= $1::text::xid8 as is_past',
  archiveNow: 'select extract(epoch from clock_timestamp())::text as now',
  archiveWaits: `select exists (select from outbox where created_at <= to_timestamp($1::float)) as waits`,
  archiveMoveWalk: 'update archive set walk = $2::json where holder = $1',
  archiveWalkContents: `with page as materialized (
      select s.context, s.id, s.fingerprint from schemas s
      where (s.context, s.id) > ($1, $2::integer) order by s.context, s.id limit $3
    ), noted as (
      insert into outbox (kind, context, key)
        select distinct 'content', '', encode(fingerprint, 'hex') from page
        union all
        select 'loose', p.context, p.id::text from page p
        where not exists (select from versions v where v.context = p.context and v.id = p.id)
    )
    select context, id from page order by context desc, id desc limit 1`,
  archiveWalkSubjects: `with page as materialized (
      select context, subject from (
        (select context, subject from subjects where (context, subject) > ($1, $2)
          order by context, subject limit $3)
        union
        (select context, subject from settings
          where (context, subject) > ($1, $2) and subject <> '' order by context, subject limit $3)
      ) both_of order by context, subject limit $3
    ), noted as (
      insert into outbox (kind, context, key) select 'subject', context, subject from page
    )
    select context, subject from page order by context desc, subject desc limit 1`,
  archiveWalkContexts: `insert into outbox (kind, context, key)
    select 'context', context, '' from contexts union select 'context', context, '' from settings where subject = ''`,
  archiveNote: `insert into outbox (kind, context, key)
    select kind, context, key from json_to_recordset($1::json) as w(kind text, context text, key text)`,
  archiveNoteGone: `insert into outbox (kind, context, key)
    select kind, context, key from json_to_recordset($1::json) as w(kind text, context text, key text)
    where not case kind
      when 'content' then exists (select from schemas s where s.fingerprint = decode(w.key, 'hex') and not s.is_copy)
        or exists (select from schemas s where s.fingerprint = decode(w.key, 'hex') and s.is_copy)
      when 'loose' then exists (select from schemas s where s.context = w.context and s.id = w.key::integer)
        and not exists (select from versions v where v.context = w.context and v.id = w.key::integer)
      when 'subject' then exists (select from subjects s where s.context = w.context and s.subject = w.key)
        or exists (select from settings s where s.context = w.context and s.subject = w.key)
      else exists (select from contexts s where s.context = w.context)
        or exists (select from settings s where s.context = w.context and s.subject = '') end`,

  archiveOutbox: 'select seq::text as seq, kind, context, key from outbox order by seq limit $1',
  archivePending: `select seq::text as seq, kind, context, key from outbox
    where kind = 'content' and key in (select json_array_elements_text($1::json))`,
  archiveSubjects: `select w.context, w.key as subject, s.last_version, t.config, t.mode,
      (select json_agg(json_build_object('version', v.version, 'isDeleted', v.deleted, 'createdAt', ${iso('v.created_at')},
          ${schemaFields}) order by v.version)
        from versions v join schemas c on c.context = v.context and c.id = v.id
        where v.context = w.context and v.subject = w.key) as versions
    from json_to_recordset($1::json) as w(context text, key text)
    left join subjects s on s.context = w.context and s.subject = w.key
    left join settings t on t.context = w.context and t.subject = w.key`,
  archiveContexts: `select w.context, c.last_id, c.is_removed, t.config, t.mode
    from json_to_recordset($1::json) as w(context text)
    left join contexts c on c.context = w.context
    left join settings t on t.context = w.context and t.subject = ''`,
  archiveLoose: `select w.context, w.key, case when c.id is not null then json_build_object(${schemaFields}) end as record
    from json_to_recordset($1::json) as w(context text, key text)
    left join schemas c on c.context = w.context and c.id = w.key::integer
      and not exists (select from versions v where v.context = c.context and v.id = c.id)`,
  archiveSizes: `select w.digest,
      (select octet_length(s.schema) from schemas s where s.fingerprint = decode(w.digest, 'hex') and not s.is_copy limit 1) as original,
      (select octet_length(s.schema) from schemas s where s.fingerprint = decode(w.digest, 'hex') and s.is_copy limit 1) as copy
    from json_array_elements_text($1::json) as w(digest)`,
  archiveContents: `select w.digest, s.schema_type, s.schema, s.refs, s.metadata, s.rule_set
    from json_array_elements_text($1::json) as w(digest)
    cross join lateral (
      (select * from schemas o where o.fingerprint = decode(w.digest, 'hex') and not o.is_copy limit 1)
      union all
      (select * from schemas o where o.fingerprint = decode(w.digest, 'hex') and o.is_copy limit 1)
      limit 1) s`,
  // Behind all others, and as old as they were.
  archivePutBack: `with moved as (
      delete from outbox where seq in (select value::bigint from json_array_elements_text($2::json)) and ${isHolder}
      returning seq, kind, context, key, created_at
    )
    insert into outbox (kind, context, key, created_at)
      select kind, context, key, created_at from moved order by seq`,
  archiveDone: `delete from outbox
    where seq in (select value::bigint from json_array_elements_text($2::json)) and ${isHolder} returning 1`,
} as const satisfies Record<string, string>;

export function archiveStatement(name: keyof typeof sql): Statement {
  return { name, text: sql[name] };
}

const settingsColumns = 'context text, subject text, config json, mode text';

/** The statements of a rebuild. They run in one transaction, on tables that nobody else can use. */
const rebuildSql = {
  rebuildIsEmpty: `select not exists (select from contexts) and not exists (select from subjects)
    and not exists (select from schemas)
    and not exists (select from settings where config is not null or mode is not null) as is_empty`,
  // No revision, that a server which outlived the former database remembers, comes again.
  rebuildRevisions: `select setval('revisions', (extract(epoch from clock_timestamp()) * 1000000)::bigint)`,
  rebuildContexts: `insert into contexts (context, last_id, is_removed)
    select context, "lastId", coalesce("isRemoved", false)
    from json_to_recordset($1::json) as w(context text, "lastId" integer, "isRemoved" boolean)
    where "lastId" is not null`,
  rebuildSettings: `insert into settings (context, subject, config, mode, revision)
    select context, subject, config, mode, nextval('revisions')
    from json_to_recordset($1::json) as w(${settingsColumns}) where config is not null or mode is not null
    on conflict (context, subject) do update
      set config = excluded.config, mode = excluded.mode, revision = excluded.revision`,
  rebuildStrangeContexts: `insert into contexts (context, last_id)
    select distinct context, 0 from json_to_recordset($1::json) as w(context text)
    on conflict do nothing returning context`,
  rebuildSchemas: `with wanted as materialized (
      select * from json_to_recordset($1::json) as w(context text, id integer, fingerprint text, text_fingerprint text,
        guid uuid, schema_type text, schema text, refs json, metadata json, rule_set json, is_copy boolean,
        created_at timestamptz, targets json)
    ), kept as (
      insert into schemas (context, id, fingerprint, text_fingerprint, guid, schema_type, schema, refs, metadata,
          rule_set, is_copy, created_at)
        select context, id, decode(fingerprint, 'hex'), decode(text_fingerprint, 'hex'), guid, schema_type, schema,
          refs, metadata, rule_set, is_copy, created_at
        from wanted on conflict do nothing returning context, id
    )
    insert into schema_references (context, id, position, target_context, target_subject, target_version)
      select w.context, w.id, t.position, t.context, t.subject, t.version
      from wanted w join kept k on k.context = w.context and k.id = w.id
      cross join lateral json_to_recordset(w.targets)
        as t(position integer, context text, subject text, version integer)
      on conflict do nothing`,
  rebuildClashes: `select w.key, w.context, w.id
    from json_to_recordset($1::json) as w(key text, context text, id integer, fingerprint text)
    where not exists (select from schemas s
      where s.context = w.context and s.id = w.id and s.fingerprint = decode(w.fingerprint, 'hex'))`,
  rebuildSubjects: `with wanted as materialized (
      select * from json_to_recordset($1::json) as w(context text, subject text, "lastVersion" integer, versions json)
      where "lastVersion" is not null
    ), listed as materialized (
      select w.context, w.subject, v.* from wanted w cross join lateral json_to_recordset(w.versions)
        as v(version integer, id integer, "isDeleted" boolean, "createdAt" timestamptz)
      where exists (select from schemas s where s.context = w.context and s.id = v.id)
    ), kept as (
      insert into subjects (context, subject, revision, last_version, has_live)
        select w.context, w.subject, nextval('revisions'), w."lastVersion",
          exists (select from listed l where l.context = w.context and l.subject = w.subject and l."isDeleted" is not true)
        from wanted w
    ), added as (
      insert into versions (context, subject, version, id, deleted, created_at)
        select context, subject, version, id, coalesce("isDeleted", false), "createdAt" from listed
    )
    select count(*)::integer as versions from listed`,
  rebuildUnresolved: `select r.target_context as context, r.target_subject as subject, r.target_version as version,
      r.id, r.context as from_context
    from schema_references r where not exists (select from versions v where v.context = r.target_context
      and v.subject = r.target_subject and v.version = r.target_version)
    order by 1, 2, 3, 5, 4 limit $1`,
  rebuildCount: 'select count(*)::integer as schemas from schemas',
  // Caches that know the former database must not take this one for it: its purges are no count.
  rebuildFinish: `with counters as (
      update contexts c
      set last_id = least(greatest(c.last_id, coalesce(m.id, 0))::bigint + $3 - 1, 2147483647)::integer,
        is_removed = c.is_removed and m.id is null
      from contexts k left join (select context, max(id) as id from schemas group by context) m using (context)
      where k.context = c.context
    ), archives as (
      update archive set is_on = true, destination = $2, walk = $4::json where $2::text is not null
    )
    update registry set registry_id = coalesce($1::uuid, registry_id), first_id = $3, purges = (extract(epoch from clock_timestamp()) * 1000)::bigint`,
} as const satisfies Record<string, string>;

/**
 * Without a name, so planned each time: a connection would keep the plan that it made while the tables were empty, which took
 * a hundred times as long per group of subjects once 24,000 were there.
 */
export function rebuildStatement(name: keyof typeof rebuildSql): Statement {
  return { name: undefined, text: rebuildSql[name] };
}

/** What a drill reads of a registry that was restored, and of the one that lives. */
const drillSql = {
  drillSchemas: `select context, id, encode(fingerprint, 'hex') as digest from schemas
    where (context, id) > ($1, $2::integer) order by context, id limit $3`,
  drillSameSchemas: `select context, id, encode(fingerprint, 'hex') as digest
    from json_to_recordset($1::json) as k(context text, id integer) join schemas using (context, id)`,
  drillVersions: `select context, subject, version, id, created_at::text as created_at from versions
    where (context, subject, version) > ($1, $2, $3::integer) order by context, subject, version limit $4`,
  drillSameVersions: `select context, subject, version, v.id, v.created_at::text as created_at
    from json_to_recordset($1::json) as k(context text, subject text, version integer)
    join versions v using (context, subject, version)`,
  drillReads: 'select context, subject, version, id from versions order by random() limit $1',
} as const satisfies Record<string, string>;

export function drillStatement(name: keyof typeof drillSql): Statement {
  return { name, text: drillSql[name] };
}
