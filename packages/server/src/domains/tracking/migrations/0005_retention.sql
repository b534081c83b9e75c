-- How long runs, files and traces are kept.
create table tracking.retention_policy (
  project_id text not null,
  -- Null for the default of the project.
  experiment_id bigint,
  policy jsonb not null,
  set_by text not null,
  set_at timestamptz not null,
  unique nulls not distinct (project_id, experiment_id),
  foreign key (project_id, experiment_id) references tracking.experiment on delete cascade
);

-- An application of policies, with what it took away so far.
create table tracking.retention_pass (
  position bigint generated always as identity primary key,
  id text not null unique,
  project_id text not null,
  -- `all`, `default`, or the id of an experiment.
  scope text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed')),
  started_by text not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  losses jsonb not null,
  reason text,
  check ((state in ('succeeded', 'failed')) = (ended_at is not null))
);

create index retention_pass_list on tracking.retention_pass (project_id, position desc);

-- One at a time in a project.
create unique index retention_pass_open on tracking.retention_pass (project_id) where ended_at is null;

-- What has been deleted for long.
create index run_deleted_at on tracking.run (project_id, experiment_id, deleted_ms) where deleted_ms is not null;
