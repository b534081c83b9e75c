create schema storage;

-- A collection of garbage, all projects together: they share one blob store.
create table storage.collection (
  position bigint generated always as identity primary key,
  id text not null unique,
  -- Where it was asked for, for the audit log.
  project_id text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed')),
  phase text check (phase in ('marking', 'listing', 'sweeping')),
  dry_run boolean not null,
  grace_seconds int not null,
  started_by text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  -- Amounts, see `CollectionCounts`.
  counts jsonb not null,
  reason text,
  check ((state in ('succeeded', 'failed')) = (ended_at is not null))
);

-- One at a time.
create unique index collection_open on storage.collection ((true)) where ended_at is null;
