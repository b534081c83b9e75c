-- What steps appended to their metrics file. The place of a line is part of its key, so reading it twice adds nothing.
create table pipelines.metric (
  run_id text not null,
  step_key text not null,
  attempt int not null,
  at_byte bigint not null,
  name text not null,
  labels jsonb not null,
  value float8 not null,
  step bigint,
  time timestamptz,
  -- No foreign key: to check it for each row doubles the time of all of them. Who deletes a run deletes its metrics.
  primary key (run_id, step_key, attempt, at_byte)
);

alter table pipelines.attempt
  -- How far its metrics are read, how many are kept, the newest of each, and what was wrong with them.
  add column metrics jsonb not null default '{}';

-- Every value a secret has or had, sealed with AES-256-GCM. Old ones stay, so that logs can still be masked.
create table pipelines.secret_version (
  id text primary key,
  project_id text not null,
  name text not null,
  -- Which key sealed it: the first 16 hex digits of the sha256 of the key.
  key_id text not null,
  sealed bytea not null,
  created_by text not null,
  created_at timestamptz not null,
  -- When it was given to no step any more.
  retired_at timestamptz
);

create index secret_of_project on pipelines.secret_version (project_id, name);
create unique index secret_current on pipelines.secret_version (project_id, name) where retired_at is null;
