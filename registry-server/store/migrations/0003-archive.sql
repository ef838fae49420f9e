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

-- Contents are looked for by their fingerprint; those of copies too, whose original may be gone.
create index schemas_copies_by_content on schemas (fingerprint) where is_copy;
