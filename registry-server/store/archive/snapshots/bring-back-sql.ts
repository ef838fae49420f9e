import type { Statement } from '../../database.ts';

/**
 * What a snapshot has and the registry lacks, until it is written. Names have the order that they have in the tables.
 * How many rows a parameter holds is not known when a statement is planned: without this it reads the whole registry for
 * each 200 subjects, which took twelve times as long where there are 100,000.
 */
export const stagingTables = `
  set local enable_hashjoin = off;
  set local enable_mergejoin = off;
  create temporary table staged_subjects (
    context text collate "C", subject text collate "C", last_version integer, config json, mode text,
    primary key (context, subject)
  ) on commit drop;
  create temporary table staged_versions (
    context text collate "C", subject text collate "C", version integer, id integer, deleted boolean,
    created_at timestamptz, primary key (context, subject, version)
  ) on commit drop;
  create index on staged_versions (context, id);
  create temporary table staged_schemas (
    context text collate "C", id integer, digest text collate "C", is_copy boolean, created_at timestamptz,
    targets json, is_loose boolean, primary key (context, id)
  ) on commit drop;
  create temporary table targets_then (
    context text collate "C", subject text collate "C", version integer, id integer,
    primary key (context, subject, version)
  ) on commit drop;
  create temporary table staged_contents (
    digest text collate "C" primary key, text_fingerprint bytea, guid uuid, schema_type text, schema text, refs json,
    metadata json, rule_set json
  ) on commit drop`;

const sql = {
  // A subject of which nothing is gone is left alone; one whose number stands for another schema is refused later.
  stageSubjects: `with wanted as materialized (
      select * from json_to_recordset($1::json)
        as w(context text, subject text, "lastVersion" integer, config json, mode text, versions json)
      where "lastVersion" is not null
    ), listed as materialized (
      select s.context collate "C" as context, s.subject collate "C" as subject, v.*
      from wanted s cross join lateral json_to_recordset(s.versions)
        as v(version integer, id integer, "isDeleted" boolean, "createdAt" timestamptz)
    ), lacking as materialized (
      select * from listed w where not exists (select from versions v
        where v.context = w.context and v.subject = w.subject and v.version = w.version and v.id = w.id)
    ), staged as (
      insert into staged_versions (context, subject, version, id, deleted, created_at)
        select context, subject, version, id, coalesce("isDeleted", false), "createdAt" from lacking
    )
    insert into staged_subjects (context, subject, last_version, config, mode)
      select context, subject, "lastVersion", config, mode from wanted s
      where exists (select from lacking l where l.context = s.context collate "C" and l.subject = s.subject collate "C")`,
  // Settings of a context go with it: those of one that is there are as somebody wants them.
  stageContexts: `insert into staged_subjects (context, subject, config, mode)
    select w.context, '', w.config, w.mode
    from json_to_recordset($1::json) as w(context text, config json, mode text)
      join contexts c on c.context = w.context collate "C" and c.is_removed
    where exists (select from staged_versions v where v.context = w.context collate "C")
      and (w.config is not null or w.mode is not null)`,
  stageSchemas: `insert into staged_schemas (context, id, digest, is_copy, created_at, targets, is_loose)
    select context, id, digest, coalesce("isCopy", false), "schemaCreatedAt", targets, $2::boolean
    from json_to_recordset($1::json) as w(context text, id integer, digest text, "isCopy" boolean,
      "schemaCreatedAt" timestamptz, targets json)
    where not exists (select from schemas s where s.context = w.context collate "C" and s.id = w.id
        and s.fingerprint = decode(w.digest, 'hex'))
      and ($2::boolean or exists (select from staged_versions v where v.context = w.context collate "C" and v.id = w.id))
    on conflict do nothing`,
  stagedTargets: `select distinct t.context, t.subject
    from staged_schemas s cross join lateral json_to_recordset(coalesce(s.targets, '[]')) as t(context text, subject text)`,
  // Which schemas the numbers stood for that others refer to.
  noteTargets: `insert into targets_then (context, subject, version, id)
    select s.context, s.subject, v.version, v.id
    from json_to_recordset($1::json) as s(context text, subject text, versions json)
      cross join lateral json_to_recordset(s.versions) as v(version integer, id integer)`,
  stagedDigests: 'select distinct digest from staged_schemas order by digest',
  stageContents: `insert into staged_contents (digest, text_fingerprint, guid, schema_type, schema, refs, metadata, rule_set)
    select digest, decode(text_fingerprint, 'hex'), guid, schema_type, schema, refs, metadata, rule_set
    from json_to_recordset($1::json) as w(digest text, text_fingerprint text, guid uuid, schema_type text, schema text,
      refs json, metadata json, rule_set json)`,

  stagedContexts: `select context from staged_versions union select context from staged_schemas order by context`,
  lockContext: 'select lock_settings($1, true)',

  // Somebody may have been quicker, before the locks.
  forgetPresent: `with versions_there as (
      delete from staged_versions w using versions v
        where v.context = w.context and v.subject = w.subject and v.version = w.version and v.id = w.id
    )
    delete from staged_schemas w using schemas s
      where s.context = w.context and s.id = w.id and s.fingerprint = decode(w.digest, 'hex')`,
  clashingVersions: `select w.context, w.subject, w.version, w.id, v.id as id_now
    from staged_versions w join versions v
      on v.context = w.context and v.subject = w.subject and v.version = w.version and v.id <> w.id
    order by 1, 2, 3`,
  clashingSchemas: `select w.context, w.subject, w.version, w.id
    from staged_versions w join staged_schemas t on t.context = w.context and t.id = w.id
      join schemas s on s.context = w.context and s.id = w.id
    order by 1, 2, 3`,
  lackingContents: `select w.context, w.subject, w.version
    from staged_versions w join staged_schemas t on t.context = w.context and t.id = w.id
    where not exists (select from staged_contents c where c.digest = t.digest)
    order by 1, 2, 3`,
  unresolvedTargets: `select w.context, w.subject, w.version,
      case t.context when '.' then '' else ':' || t.context || ':' end || t.subject || ' version ' || t.version as target
    from staged_versions w join staged_schemas s on s.context = w.context and s.id = w.id
      cross join lateral json_to_recordset(coalesce(s.targets, '[]')) as t(context text, subject text, version integer)
    where not exists (select from versions v where v.context = t.context collate "C"
        and v.subject = t.subject collate "C" and v.version = t.version
        and not exists (select from targets_then o where o.context = v.context and o.subject = v.subject
          and o.version = v.version and o.id <> v.id))
      and not exists (select from staged_versions v where v.context = t.context collate "C"
        and v.subject = t.subject collate "C" and v.version = t.version)
    order by 1, 2, 3`,
  leaveOut: `with refused as materialized (
      select distinct context collate "C" as context, subject collate "C" as subject
      from json_to_recordset($1::json) as w(context text, subject text)
    ), versions_out as (
      delete from staged_versions v using refused r where v.context = r.context and v.subject = r.subject
    )
    delete from staged_subjects s using refused r where s.context = r.context and s.subject = r.subject`,

  // A context that was removed has its counter still.
  writeContexts: `insert into contexts as c (context, last_id)
    select w.context, max(w.id) from (select context, id from staged_versions
        union all select context, id from staged_schemas where is_loose) w
      group by w.context
    on conflict (context) do update set last_id = greatest(c.last_id, excluded.last_id), is_removed = false`,
  // Where a content has an id already, this one is a copy, as of an import.
  writeSchemas: `with wanted as materialized (
      select s.context, s.id, decode(s.digest, 'hex') as fingerprint, s.created_at, s.targets, c.*,
        s.is_copy or exists (select from schemas o where o.fingerprint = decode(s.digest, 'hex')
          and o.context = s.context and not o.is_copy) as is_copy
      from staged_schemas s join staged_contents c on c.digest = s.digest
      where not exists (select from schemas o where o.context = s.context and o.id = s.id)
        and (s.is_loose or exists (select from staged_versions v where v.context = s.context and v.id = s.id))
    ), kept as (
      insert into schemas (context, id, fingerprint, text_fingerprint, guid, schema_type, schema, refs, metadata,
          rule_set, is_copy, created_at)
        select context, id, fingerprint,
          case when is_copy then coalesce(text_fingerprint, fingerprint) else text_fingerprint end,
          guid, schema_type, schema, refs, metadata, rule_set, is_copy, created_at
        from wanted returning context, id
    ), pointing as (
      insert into schema_references (context, id, position, target_context, target_subject, target_version)
        select w.context, w.id, t.position, t.context, t.subject, t.version
        from wanted w cross join lateral json_to_recordset(coalesce(w.targets, '[]'))
          as t(position integer, context text, subject text, version integer)
    )
    select context, id from kept`,
  writeVersions: `insert into versions (context, subject, version, id, deleted, created_at)
    select context, subject, version, id, deleted, created_at from staged_versions
    returning context, subject, version`,
  writeSubjects: `insert into subjects as s (context, subject, revision, last_version, has_live)
    select w.context, w.subject, nextval('revisions'), w.last_version,
      exists (select from versions v where v.context = w.context and v.subject = w.subject and not v.deleted)
    from staged_subjects w where w.last_version is not null
    on conflict (context, subject) do update set revision = excluded.revision, has_live = excluded.has_live,
      last_version = greatest(s.last_version, excluded.last_version)`,
  // Settings that were made since stay.
  writeSettings: `insert into settings as t (context, subject, config, mode, revision)
    select context, subject, config, mode, nextval('revisions') from staged_subjects
      where config is not null or mode is not null
    on conflict (context, subject) do update set config = excluded.config, mode = excluded.mode, revision = excluded.revision
      where t.config is null and t.mode is null`,
  tellOfSubjects: `select pg_notify('schema_registry', (case subject when '' then json_build_object('settingsOf', context)
      else json_build_object('context', context, 'subject', subject) end)::text)
    from staged_subjects`,
} as const satisfies Record<string, string>;

/** The statements that bring back what is gone. They run in one transaction, which has the tables above. */
export function bringBackStatement(name: keyof typeof sql): Statement {
  // Without a name: a plan would be kept of tables that are gone with the transaction.
  return { name: undefined, text: sql[name] };
}
