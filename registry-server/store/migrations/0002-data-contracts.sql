-- Names in the order of their bytes, whatever the database was created with: lists are read page by page from the
-- primary keys, and are in one order everywhere.
alter table contexts alter column context type text collate "C";
alter table schemas alter column context type text collate "C";
alter table subjects alter column context type text collate "C", alter column subject type text collate "C";
alter table versions alter column context type text collate "C", alter column subject type text collate "C";
alter table schema_references
  alter column context type text collate "C",
  alter column target_context type text collate "C",
  alter column target_subject type text collate "C";
alter table settings alter column context type text collate "C", alter column subject type text collate "C";

-- Some version is not soft-deleted: a list need not look at the versions.
alter table subjects add column has_live boolean not null default true;
update subjects s set has_live = exists (
  select from versions v where v.context = s.context and v.subject = s.subject and not v.deleted);

alter table schemas
  -- Of the content without metadata and rules; null where it is the fingerprint itself.
  add column text_fingerprint bytea,
  -- Imported under an id of its own though its content had one already. Found by id, and by its text.
  add column is_copy boolean not null default false;
create index schemas_by_text on schemas (text_fingerprint, context) where text_fingerprint is not null;
alter table schemas drop constraint schemas_fingerprint_context_key;
create unique index schemas_by_content on schemas (fingerprint, context) where not is_copy;

-- Rows are written by the functions below alone, which lock what they point at; asking again for each row was a
-- quarter of a registration.
alter table versions
  drop constraint versions_context_subject_fkey,
  drop constraint versions_context_id_fkey;
alter table schemas drop constraint schemas_context_fkey;

-- Where PostgreSQL was built with it: the older method takes several times as long.
do $$
begin
  alter table schemas alter column schema set compression lz4;
exception when feature_not_supported or invalid_parameter_value or undefined_object then null;
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

drop function add_version;

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
      on conflict (context) do update set last_id = c.last_id + 1 returning last_id into v_id;
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
    on conflict (context) do update set last_id = c.last_id;
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
