-- Oldest server: 0.1.0
-- All that the first release has; the numbers 1 to 6 were folded into it before. From the first release on a migration is
-- never edited: a change is a new one, whose first line names the oldest server that can work with what it leaves.

-- Names have the collation "C": lists are read page by page from the keys, in one order whatever the database has.

-- One row: which registry this is, and how often a schema was removed for good (tells caches that ids went away).
create table registry (
  only_row boolean primary key default true check (only_row),
  registry_id uuid not null default gen_random_uuid(),
  purges bigint not null default 0
);
insert into registry default values;

-- Never repeats: a subject that was removed and registered anew cannot be taken for its old self.
create sequence revisions;

-- Ids rise by one in each context. The row is locked only at the end of a registration, and only for new content. It
-- outlives its context, which is then on no list: an id that was given once is never given to another schema.
create table contexts (
  context text collate "C" primary key,
  last_id integer not null,
  is_removed boolean not null default false
);

-- Content-addressed: equal content in a context is one row, whichever subjects hold it.
-- Rows of schemas and versions are written by the functions below alone, which lock what they point at: foreign keys,
-- which ask again for each row, took a quarter of the time of a registration.
create table schemas (
  context text collate "C" not null,
  id integer not null,
  fingerprint bytea not null,
  -- Of the content without metadata and rules; null where it is the fingerprint itself.
  text_fingerprint bytea,
  guid uuid not null,
  schema_type text not null,
  schema text not null,
  -- json, not jsonb: they are shown as they were sent, in their order.
  refs json,
  metadata json,
  rule_set json,
  -- Imported under an id of its own though its content had one already. Found by id, and by its text.
  is_copy boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (context, id)
);
-- Not context first, here and below: on an empty database an index that fits half would seem as good as the right
-- one, and connections keep the plans that they made then.
create unique index schemas_by_content on schemas (fingerprint, context) where not is_copy;
create index schemas_by_text on schemas (text_fingerprint, context) where text_fingerprint is not null;
create index schemas_by_guid on schemas (guid);
-- Contents are looked for by their fingerprint; those of copies too, whose original may be gone.
create index schemas_copies_by_content on schemas (fingerprint) where is_copy;
-- Where PostgreSQL was built with it: the older method takes several times as long.
do $$
begin
  alter table schemas alter column schema set compression lz4;
exception when feature_not_supported or invalid_parameter_value or undefined_object then null;
end $$;

create table subjects (
  context text collate "C" not null,
  subject text collate "C" not null,
  -- Moves with every write to the subject: a registration says which revision it was judged against.
  revision bigint not null,
  -- The highest version ever used.
  last_version integer not null,
  -- Some version is not soft-deleted: a list need not look at the versions.
  has_live boolean not null default true,
  -- Lists are in the order of Java's strings, by the name with its context before it: that of UTF-16. "C" has the order of
  -- code points, which differs only in that U+E000 to U+FFFF come before what is beyond them; so these get the last code
  -- point of all in front of them (store/list-name.ts).
  list_name text collate "C" not null generated always as (
    regexp_replace(case when context = '.' then subject else ':' || context || ':' || subject end,
      '[\uE000-\uFFFF]' collate "C", U&'\+10FFFF\\&', 'g')) stored,
  primary key (context, subject)
);
create index subjects_by_list_name on subjects (list_name);
-- Names of other contexts stand in the middle of those of the default one, and may be many.
create index subjects_of_default_by_list_name on subjects (list_name) where context = '.';

create table versions (
  context text collate "C" not null,
  subject text collate "C" not null,
  version integer not null,
  id integer not null,
  deleted boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (context, subject, version)
);
create index versions_by_id on versions (id, context);

-- Which schema (by id) points at which version.
create table schema_references (
  context text collate "C" not null,
  id integer not null,
  position integer not null,
  target_context text collate "C" not null,
  target_subject text collate "C" not null,
  target_version integer not null,
  primary key (context, id, position),
  foreign key (context, id) references schemas on delete cascade
);
create index schema_references_by_target on schema_references (target_context, target_subject, target_version);

-- Config and mode of a subject; with the empty subject, of a whole context. Rows are emptied, never deleted,
-- so that the sum of the revisions that apply to a subject rises with every change of any of them.
create table settings (
  context text collate "C" not null,
  subject text collate "C" not null,
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

-- True when every referenced version is still what was read, and now is locked.
-- In one order everywhere, so that two writers cannot wait for each other.
create function lock_targets(p_targets json) returns boolean language plpgsql as $$
declare
  v_target record;
begin
  for v_target in
    select t.context, t.subject, t.version, t.id
      from json_to_recordset(p_targets) as t(context text, subject text, version integer, id integer)
      order by 1, 2, 3
  loop
    perform 1 from versions v
      where v.context = v_target.context and v.subject = v_target.subject
        and v.version = v_target.version and v.id = v_target.id
      for share;
    if not found then return false; end if;
  end loop;
  return true;
end $$;

create function add_references(p_context text, p_id integer, p_targets json) returns void language sql as $$
  insert into schema_references (context, id, position, target_context, target_subject, target_version)
    select p_context, p_id, t.position, t.context, t.subject, t.version
      from json_to_recordset(p_targets) as t(position integer, context text, subject text, version integer)
$$;

-- A soft-deleted version of the same content gives way to a new one, unless a schema still points at it.
create function drop_soft_deleted(p_context text, p_subject text, p_id integer) returns void language plpgsql as $$
begin
  perform 1 from versions v
    where v.context = p_context and v.subject = p_subject and v.id = p_id and v.deleted for update;
  if found then
    delete from versions v
      where v.context = p_context and v.subject = p_subject and v.id = p_id and v.deleted
        and not exists (
          select from schema_references r
          where r.target_context = v.context and r.target_subject = v.subject and r.target_version = v.version);
  end if;
end $$;

-- Writes a version that was judged against one state of the subject and of its settings. When either has moved, or
-- a referenced version is no longer what was read, nothing is written and no row comes back: the caller reads anew.
-- A function, so that the transaction costs one round trip.
create function add_version(
  p_context text, p_subject text, p_revision bigint, p_settings_revision bigint,
  p_fingerprint bytea, p_text_fingerprint bytea, p_guid uuid, p_schema_type text, p_schema text,
  p_refs json, p_metadata json, p_rule_set json, p_targets json
) returns table (id integer, version integer) language plpgsql as $$
#variable_conflict use_column
declare
  v_revision bigint;
  v_version integer;
  v_id integer;
begin
  -- As lock_settings and settings_revision do, in place: each of their calls costs as much as the rest of this.
  perform pg_advisory_xact_lock_shared(7001, hashtext(p_context)), pg_advisory_xact_lock_shared(7001, hashtext('.__GLOBAL'));
  select coalesce(sum(t.revision), 0) into v_revision from settings t
    where (t.context = p_context and t.subject in (p_subject, '')) or (t.context = '.__GLOBAL' and t.subject = '');
  if v_revision <> p_settings_revision then return; end if;

  select s.revision, s.last_version + 1 into v_revision, v_version
    from subjects s where s.context = p_context and s.subject = p_subject for update;
  if coalesce(v_revision, 0) <> p_revision then return; end if;
  if json_array_length(p_targets) > 0 and not lock_targets(p_targets) then return; end if;

  if v_version is null then
    v_version := 1;
    insert into subjects (context, subject, revision, last_version)
      values (p_context, p_subject, nextval('revisions'), 1) on conflict do nothing;
    if not found then return; end if;
  else
    update subjects s set revision = nextval('revisions'), last_version = v_version, has_live = true
      where s.context = p_context and s.subject = p_subject;
  end if;

  select s.id into v_id from schemas s
    where s.context = p_context and s.fingerprint = p_fingerprint and not s.is_copy for key share;
  if v_id is null then
    insert into contexts as c (context, last_id) values (p_context, 1)
      on conflict (context) do update set last_id = c.last_id + 1, is_removed = false returning last_id into v_id;
    -- Whoever held the counter before us may have registered the very same content.
    insert into schemas (context, id, fingerprint, text_fingerprint, guid, schema_type, schema, refs, metadata, rule_set)
      values (p_context, v_id, p_fingerprint, p_text_fingerprint, p_guid, p_schema_type, p_schema, p_refs, p_metadata, p_rule_set)
      on conflict (fingerprint, context) where not is_copy do nothing;
    if found then
      if json_array_length(p_targets) > 0 then perform add_references(p_context, v_id, p_targets); end if;
    else
      update contexts c set last_id = c.last_id - 1 where c.context = p_context;
      select s.id into strict v_id from schemas s
        where s.context = p_context and s.fingerprint = p_fingerprint and not s.is_copy for key share;
    end if;
  end if;

  if v_version > 1 then perform drop_soft_deleted(p_context, p_subject, v_id); end if;
  insert into versions (context, subject, version, id) values (p_context, p_subject, v_version, v_id);
  perform pg_notify('schema_registry', json_build_object('context', p_context, 'subject', p_subject)::text);
  return query select v_id, v_version;
end $$;

-- Writes a version under the id, and unless it is 0 the number, that it had in another registry. A version that is
-- there already is replaced, as in the reference. Outcomes: moved as above, taken when the id is another content's.
create function import_version(
  p_context text, p_subject text, p_version integer, p_id integer, p_settings_revision bigint,
  p_fingerprint bytea, p_text_fingerprint bytea, p_guid uuid, p_schema_type text, p_schema text,
  p_refs json, p_metadata json, p_rule_set json, p_targets json
) returns table (outcome text, version integer) language plpgsql as $$
#variable_conflict use_column
declare
  v_version integer;
  v_found bytea;
  v_is_copy boolean;
begin
  perform lock_settings(p_context, false);
  if settings_revision(p_context, p_subject) <> p_settings_revision then
    return query select 'moved', 0; return;
  end if;

  -- Held by whoever imports into the context or needs a new id in it.
  insert into contexts as c (context, last_id) values (p_context, 0)
    on conflict (context) do update set last_id = c.last_id, is_removed = false;
  select s.fingerprint into v_found from schemas s where s.context = p_context and s.id = p_id for key share;
  if v_found <> p_fingerprint then
    return query select 'taken', 0; return;
  end if;
  if not lock_targets(p_targets) then
    return query select 'moved', 0; return;
  end if;

  if v_found is null then
    v_is_copy := exists (
      select from schemas s where s.fingerprint = p_fingerprint and s.context = p_context and not s.is_copy);
    insert into schemas (context, id, fingerprint, text_fingerprint, guid, schema_type, schema, refs, metadata, rule_set, is_copy)
      values (p_context, p_id, p_fingerprint,
        case when v_is_copy then coalesce(p_text_fingerprint, p_fingerprint) else p_text_fingerprint end,
        p_guid, p_schema_type, p_schema, p_refs, p_metadata, p_rule_set, v_is_copy);
    perform add_references(p_context, p_id, p_targets);
    update contexts c set last_id = greatest(c.last_id, p_id) where c.context = p_context;
  end if;

  insert into subjects as s (context, subject, revision, last_version)
    values (p_context, p_subject, nextval('revisions'), greatest(p_version, 1))
    on conflict (context, subject) do update set
      revision = nextval('revisions'), has_live = true,
      last_version = case when p_version = 0 then s.last_version + 1 else greatest(s.last_version, p_version) end
    returning case when p_version = 0 then s.last_version else p_version end into v_version;
  perform drop_soft_deleted(p_context, p_subject, p_id);
  insert into versions (context, subject, version, id) values (p_context, p_subject, v_version, p_id)
    on conflict (context, subject, version) do update set id = excluded.id, deleted = false;
  perform pg_notify('schema_registry', json_build_object('context', p_context, 'subject', p_subject)::text);
  return query select 'added', v_version;
end $$;

-- Whether changes are noted for the archive, where it is, and who ships them now.
create table archive (
  only_row boolean primary key default true check (only_row),
  is_on boolean not null default false,
  destination text,
  -- How far the walk over what was there before has come; null when it is over.
  walk json,
  -- A lease: whoever holds it ships, until then.
  holder text,
  held_until timestamptz
);
insert into archive default values;

-- What changed, not how: the shipper reads the present state of each key, so that order and repeats do not matter.
-- Kinds: content (key: its fingerprint in hex), loose (a schema that no version holds; key: its id), subject, context.
create table outbox (
  seq bigint generated always as identity primary key,
  kind text not null,
  context text not null collate "C",
  key text not null collate "C",
  created_at timestamptz not null default clock_timestamp()
);
-- Is the content of a version still to be shipped?
create index outbox_by_key on outbox (key, kind);
-- It is emptied as fast as it fills: dead rows must not pile up before its beginning.
alter table outbox set (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Once per statement, in the transaction that writes. Every write to a subject moves its row, and every new id of a
-- context comes with a subject, so new versions and counters need no trigger of their own.
create function archive_subjects() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    insert into outbox (kind, context, key) select 'subject', t.context, t.subject from touched t;
  end if;
  return null;
end $$;
create trigger archive_inserted after insert on subjects
  referencing new table as touched for each statement execute function archive_subjects();
create trigger archive_updated after update on subjects
  referencing new table as touched for each statement execute function archive_subjects();
create trigger archive_deleted after delete on subjects
  referencing old table as touched for each statement execute function archive_subjects();
-- Before the contents that go with them: a batch may end between the rows of one transaction, and what points at a
-- content has to be gone first.
create trigger archive_deleted after delete on versions
  referencing old table as touched for each statement execute function archive_subjects();

create function archive_settings() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    insert into outbox (kind, context, key)
      select case when t.subject = '' then 'context' else 'subject' end, t.context, t.subject from touched t;
  end if;
  return null;
end $$;
create trigger archive_inserted after insert on settings
  referencing new table as touched for each statement execute function archive_settings();
create trigger archive_updated after update on settings
  referencing new table as touched for each statement execute function archive_settings();
create trigger archive_deleted after delete on settings
  referencing old table as touched for each statement execute function archive_settings();

create function archive_contexts() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    insert into outbox (kind, context, key) select 'context', t.context, '' from touched t;
  end if;
  return null;
end $$;
create trigger archive_inserted after insert on contexts
  referencing new table as touched for each statement execute function archive_contexts();
create trigger archive_deleted after delete on contexts
  referencing old table as touched for each statement execute function archive_contexts();

create function archive_contents() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    if tg_op = 'DELETE' then
      insert into outbox (kind, context, key) select 'loose', t.context, t.id::text from touched t;
    end if;
    insert into outbox (kind, context, key) select 'content', '', encode(t.fingerprint, 'hex') from touched t;
  end if;
  return null;
end $$;
create trigger archive_inserted after insert on schemas
  referencing new table as touched for each statement execute function archive_contents();
create trigger archive_deleted after delete on schemas
  referencing old table as touched for each statement execute function archive_contents();

-- An import that replaces a version can leave a schema that no version holds, and that is still found by its id.
create function archive_loose() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    insert into outbox (kind, context, key)
      select 'loose', b.context, b.id::text
      from before b join touched t on t.context = b.context and t.subject = b.subject and t.version = b.version
      where t.id <> b.id;
  end if;
  return null;
end $$;
create trigger archive_updated after update on versions
  referencing old table as before new table as touched for each statement execute function archive_loose();

-- A removal is a change of the row; counters move too often to have a trigger run for each.
create function archive_removed_context() returns trigger language plpgsql as $$
begin
  if (select is_on from archive) then
    insert into outbox (kind, context, key) values ('context', new.context, '');
  end if;
  return null;
end $$;
create trigger archive_removed after update of is_removed on contexts
  for each row when (old.is_removed is distinct from new.is_removed) execute function archive_removed_context();
