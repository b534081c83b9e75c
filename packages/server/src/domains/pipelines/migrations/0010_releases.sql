alter table pipelines.pipeline_version
  -- The pull request it is a candidate of; null: it was applied.
  add column candidate_scope text;

alter table pipelines.run
  -- Null: it succeeded before there were environments.
  add column environment text check (environment in ('dev', 'ci', 'staging', 'production')),
  add column scope text,
  -- The part of the data it saw: a share up to 1, or a count of rows.
  add column sample float8,
  add constraint run_scope_check check ((environment = 'ci') = (scope is not null));

-- What had succeeded is what everybody worked with so far, and stays readable by all: an update trains nothing anew. What
-- may still write is dev.
update pipelines.run set environment = 'dev' where state <> 'succeeded';

create index run_of_environment on pipelines.run (project_id, pipeline, environment, id desc);

create table pipelines.release (
  project_id text not null,
  pipeline text not null,
  version int not null,
  -- As it was signed.
  document text not null,
  created_by text not null,
  -- Who approves must be another user than this one, whatever they are called.
  user_id text not null,
  created_at timestamptz not null,
  imported boolean not null,
  primary key (project_id, pipeline, version),
  foreign key (project_id, pipeline, version) references pipelines.pipeline_version
);

-- Every move; the newest one of an environment says what is in force.
create table pipelines.environment_version (
  id text primary key,
  project_id text not null,
  pipeline text not null,
  environment text not null check (environment in ('staging', 'production')),
  version int not null,
  from_version int,
  kind text not null check (kind in ('promoted', 'rolled_back')),
  moved_by text not null,
  why text not null,
  moved_at timestamptz not null,
  foreign key (project_id, pipeline, version) references pipelines.release
);

create index environment_version_newest on pipelines.environment_version (project_id, pipeline, environment, id desc);

-- Public keys of other installations whose releases are taken.
create table pipelines.release_key (
  project_id text not null,
  id text not null,
  public_key text not null,
  name text not null,
  added_by text not null,
  added_at timestamptz not null,
  primary key (project_id, id)
);
