-- Oldest server: 0.1.0
-- Snapshots that a person wants to have or to have removed, until whoever ships to the archive has done so. A failure is for
-- who asked to read.
create table snapshot_requests (
  name text collate "C" primary key,
  is_removal boolean not null,
  asked_at timestamptz not null default clock_timestamp(),
  failure text
);

-- Contents of no schema any more, which stay in the bucket while a snapshot names them.
create table archive_garbage (
  digest text collate "C" primary key,
  noted_at timestamptz not null default clock_timestamp(),
  -- The snapshot that was last seen to name it; null until one is looked for.
  named_by text collate "C"
);

-- The last snapshots, newest first, and why the last one that was due could not be taken: every server can tell them.
alter table archive add column snapshots json, add column snapshot_failure text;
