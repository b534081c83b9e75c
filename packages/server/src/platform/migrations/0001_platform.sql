-- What happened and was committed, on its way to the live feed; a dispatcher gives the ids in the order of the commits.
create table platform.live_pending (
  position bigint generated always as identity primary key,
  topic text not null,
  subject text not null,
  project_id text not null
);

create table platform.live_event (
  id bigint generated always as identity primary key,
  topic text not null,
  subject text not null,
  project_id text not null,
  created_at timestamptz not null default now()
);

-- Periodic work: the server that moves `next_at` runs it.
create table platform.periodic_job (
  name text primary key,
  next_at timestamptz not null
);

-- Each entry carries the hash of the one before it: see audit.ts.
create table platform.audit_entry (
  position bigint primary key,
  project_id text not null,
  at timestamptz not null,
  actor text not null,
  action text not null,
  subject text not null,
  reason text,
  before jsonb,
  after jsonb,
  previous_hash text not null,
  hash text not null
);

create index audit_entry_subject on platform.audit_entry (project_id, subject, position desc);
create index audit_entry_action on platform.audit_entry (project_id, action, position desc);

create table platform.audit_checkpoint (
  position bigint primary key,
  hash text not null,
  signed_at timestamptz not null,
  key_id text not null,
  signature text not null
);
