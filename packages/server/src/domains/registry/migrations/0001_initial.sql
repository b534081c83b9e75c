create schema registry;

create table registry.model (
  project_id text not null,
  name text not null,
  description text not null,
  owner text not null,
  created_at timestamptz not null,
  primary key (project_id, name)
);

create table registry.model_version (
  project_id text not null,
  model text not null,
  version int not null check (version > 0),
  stage text not null check (stage in ('candidate', 'refused', 'passed', 'archived')),
  artifact_digest text not null,
  artifact_size_bytes bigint not null,
  golden text,
  signature jsonb not null,
  metrics jsonb not null,
  params jsonb not null,
  evaluation jsonb,
  gate jsonb,
  canary jsonb,
  baselines jsonb not null,
  lineage jsonb not null,
  run_id text generated always as (lineage ->> 'runId') stored,
  card text not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project_id, model, version),
  foreign key (project_id, model) references registry.model,
  -- A step that is run again registers the same version once.
  unique nulls not distinct (project_id, model, artifact_digest, run_id)
);

create table registry.model_alias (
  project_id text not null,
  model text not null,
  alias text not null,
  version int not null,
  -- When it was decided; news of an older decision does not move the alias back.
  moved_at timestamptz not null,
  primary key (project_id, model, alias),
  foreign key (project_id, model, version) references registry.model_version
);

create table registry.alias_move (
  position bigint generated always as identity primary key,
  project_id text not null,
  model text not null,
  alias text not null,
  -- Null when the alias was taken away.
  version int,
  previous_version int,
  moved_by text not null,
  reason text not null,
  moved_at timestamptz not null
);

create index alias_move_model on registry.alias_move (project_id, model, position desc);
