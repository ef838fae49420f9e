-- Oldest server: 0.1.0
-- Where the ids of a context begin. It is above 1 after a restore, which may have lost a context that was made in the
-- last seconds: what was given there is not given again.
alter table registry add column first_id integer not null default 1;

-- As before, but for that.
create or replace function add_version(
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
    update contexts c set last_id = c.last_id + 1, is_removed = false where c.context = p_context
      returning last_id into v_id;
    if v_id is null then
      insert into contexts as c (context, last_id) values (p_context, (select first_id from registry))
        on conflict (context) do update set last_id = c.last_id + 1, is_removed = false returning last_id into v_id;
    end if;
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

create or replace function import_version(
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
  insert into contexts as c (context, last_id) values (p_context, (select first_id - 1 from registry))
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
