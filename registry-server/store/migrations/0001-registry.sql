-- One row: which registry this is, and how often a schema was removed for good (tells caches that ids went away).
create table registry (
  only_row boolean primary key default true check (only_row),
  registry_id uuid not null default gen_random_uuid(),
  purges bigint not null default 0
);
insert into registry default values;

-- Never repeats, so a subject that was removed and registered anew cannot be taken for its old self.
create sequence revisions;

-- Ids rise by one in each context. The row is locked only at the end of a registration, and only for new content.
create table contexts (
  context text primary key,
  last_id integer not null
);

-- Content-addressed: equal content in a context is one row, whichever subjects hold it.
create table schemas (
  context text not null references contexts,
  id integer not null,
  fingerprint bytea not null,
  guid uuid not null,
  schema_type text not null,
  schema text not null,
  -- json, not jsonb: they are shown as they were sent, in their order.
  refs json,
  metadata json,
  rule_set json,
  created_at timestamptz not null default now(),
  primary key (context, id),
  -- Not context first, here and below: on an empty database an index that fits half would seem as good as the right
  -- one, and connections keep the plans that they made then.
  unique (fingerprint, context)
);
create index schemas_by_guid on schemas (guid);

create table subjects (
  context text not null,
  subject text not null,
  -- Moves with every write to the subject: a registration says which revision it was judged against.
  revision bigint not null,
  -- The highest version ever used.
  last_version integer not null,
  primary key (context, subject)
);

create table versions (
  context text not null,
  subject text not null,
  version integer not null,
  id integer not null,
  deleted boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (context, subject, version),
  foreign key (context, subject) references subjects,
  foreign key (context, id) references schemas
);
create index versions_by_id on versions (id, context);

-- Which schema (by id) points at which version.
create table schema_references (
  context text not null,
  id integer not null,
  position integer not null,
  target_context text not null,
  target_subject text not null,
  target_version integer not null,
  primary key (context, id, position),
  foreign key (context, id) references schemas on delete cascade
);
create index schema_references_by_target on schema_references (target_context, target_subject, target_version);

-- Config and mode of a subject; with the empty subject, of a whole context. Rows are emptied, never deleted,
-- so that the sum of the revisions that apply to a subject rises with every change of any of them.
create table settings (
  context text not null,
  subject text not null,
  config json,
  mode text,
  revision bigint not null,
  primary key (context, subject)
);

create function settings_revision(p_context text, p_subject text) returns bigint language sql stable as $$
  select coalesce(sum(revision), 0)::bigint from settings
  where (context = p_context and subject in (p_subject, '')) or (context = '.__GLOBAL' and subject = '')
$$;

-- Registrations and deletes share this lock, a writer of config or mode holds it alone: nobody writes under rules
-- that have been replaced. Advisory, because a shared row lock would be written to disk for every registration.
create function lock_settings(p_context text, p_alone boolean) returns void language plpgsql as $$
begin
  if p_alone then
    perform pg_advisory_xact_lock(7001, hashtext(p_context));
  else
    perform pg_advisory_xact_lock_shared(7001, hashtext(p_context));
    if p_context <> '.__GLOBAL' then
      perform pg_advisory_xact_lock_shared(7001, hashtext('.__GLOBAL'));
    end if;
  end if;
end $$;

-- Writes a version that was judged against one state of the subject and of its settings. When either has moved, or
-- a referenced version is no longer what was read, nothing is written and no row comes back: the caller reads anew.
-- A function, so that the transaction costs one round trip.
create function add_version(
  p_context text, p_subject text, p_revision bigint, p_settings_revision bigint,
  p_fingerprint bytea, p_guid uuid, p_schema_type text, p_schema text,
  p_refs json, p_metadata json, p_rule_set json, p_targets json
) returns table (id integer, version integer) language plpgsql as $$
#variable_conflict use_column
declare
  v_revision bigint;
  v_version integer;
  v_id integer;
  v_target record;
begin
  perform lock_settings(p_context, false);
  if settings_revision(p_context, p_subject) <> p_settings_revision then return; end if;

  select s.revision, s.last_version + 1 into v_revision, v_version
    from subjects s where s.context = p_context and s.subject = p_subject for update;
  if coalesce(v_revision, 0) <> p_revision then return; end if;

  -- In one order everywhere, so that two writers cannot wait for each other.
  for v_target in
    select t.context, t.subject, t.version, t.id
      from json_to_recordset(p_targets) as t(context text, subject text, version integer, id integer)
      order by 1, 2, 3
  loop
    perform 1 from versions v
      where v.context = v_target.context and v.subject = v_target.subject
        and v.version = v_target.version and v.id = v_target.id
      for share;
    if not found then return; end if;
  end loop;

  if v_version is null then
    v_version := 1;
    insert into subjects (context, subject, revision, last_version)
      values (p_context, p_subject, nextval('revisions'), 1) on conflict do nothing;
    if not found then return; end if;
  else
    update subjects s set revision = nextval('revisions'), last_version = v_version
      where s.context = p_context and s.subject = p_subject;
  end if;

  select s.id into v_id from schemas s
    where s.context = p_context and s.fingerprint = p_fingerprint for key share;
  if v_id is null then
    insert into contexts as c (context, last_id) values (p_context, 1)
      on conflict (context) do update set last_id = c.last_id + 1 returning last_id into v_id;
    -- Whoever held the counter before us may have registered the very same content.
    insert into schemas (context, id, fingerprint, guid, schema_type, schema, refs, metadata, rule_set)
      values (p_context, v_id, p_fingerprint, p_guid, p_schema_type, p_schema, p_refs, p_metadata, p_rule_set)
      on conflict (context, fingerprint) do nothing;
    if found then
      insert into schema_references (context, id, position, target_context, target_subject, target_version)
        select p_context, v_id, t.position, t.context, t.subject, t.version
          from json_to_recordset(p_targets) as t(position integer, context text, subject text, version integer);
    else
      update contexts c set last_id = c.last_id - 1 where c.context = p_context;
      select s.id into strict v_id from schemas s
        where s.context = p_context and s.fingerprint = p_fingerprint for key share;
    end if;
  end if;

  -- A soft-deleted version of the same content gives way, unless a schema still points at it.
  perform 1 from versions v
    where v.context = p_context and v.subject = p_subject and v.id = v_id and v.deleted for update;
  if found then
    delete from versions v
      where v.context = p_context and v.subject = p_subject and v.id = v_id and v.deleted
        and not exists (
          select from schema_references r
          where r.target_context = v.context and r.target_subject = v.subject and r.target_version = v.version);
  end if;

  insert into versions (context, subject, version, id) values (p_context, p_subject, v_version, v_id);
  perform pg_notify('schema_registry', json_build_object('context', p_context, 'subject', p_subject)::text);
  return query select v_id, v_version;
end $$;
