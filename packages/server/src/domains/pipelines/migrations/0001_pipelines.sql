create schema pipelines;

create table pipelines.pipeline_version (
  project_id text not null,
  pipeline text not null,
  version int not null,
  spec jsonb not null,
  -- Of the canonical JSON of the spec: writing the same spec again makes no version.
  spec_digest text not null,
  created_by text not null,
  created_at timestamptz not null,
  primary key (project_id, pipeline, version)
);

create table pipelines.run (
  id text primary key,
  project_id text not null,
  pipeline text not null,
  version int not null,
  model text,
  -- Protocol of plan and states. A release understands every number that open runs have.
  engine int not null,
  state text not null check (state in ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled')),
  reason text,
  trigger jsonb not null,
  params jsonb not null,
  -- Immutable: steps, pinned dataset versions, limits.
  plan jsonb not null,
  commit text not null,
  -- The name that is shown, and the user for whom its steps act.
  created_by text not null,
  user_id text not null,
  cancel_requested_at timestamptz,
  cancel_says text,
  -- When to decide again although nothing has happened.
  wake_at timestamptz,
  looked_at timestamptz not null,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  foreign key (project_id, pipeline, version) references pipelines.pipeline_version
);

create index run_list on pipelines.run (project_id, id desc);
create index run_of_pipeline on pipelines.run (project_id, pipeline, id desc);
create index run_open on pipelines.run (looked_at) where state in ('queued', 'running', 'waiting');

create table pipelines.step (
  project_id text not null,
  run_id text not null references pipelines.run on delete cascade,
  key text not null,
  position int not null,
  state text not null check (
    state in ('pending', 'ready', 'waiting', 'running', 'succeeded', 'cached', 'failed', 'skipped', 'cancelled')
  ),
  reason text,
  ready_at timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  -- Attempts before this one belong to an earlier try of the run.
  count_from int not null,
  primary key (run_id, key)
);

create table pipelines.attempt (
  project_id text not null,
  run_id text not null,
  step_key text not null,
  attempt int not null,
  external_id text not null unique,
  executor text not null,
  -- The server whose executor has the job.
  host text not null,
  handle text,
  state text not null check (state in ('submitting', 'submitted', 'running', 'succeeded', 'failed', 'cancelled', 'lost')),
  outcome text check (
    outcome in (
      'ok', 'exit', 'retry_requested', 'config', 'timeout', 'signal', 'lost', 'submit_failed', 'input_unavailable',
      'output_missing', 'cancelled'
    )
  ),
  exit_code int,
  reason text,
  stop_stage text check (stop_stage in ('term', 'kill')),
  stop_why text check (stop_why in ('timeout', 'cancelled')),
  stop_at timestamptz,
  submitted_at timestamptz not null,
  started_at timestamptz,
  -- The last sign of life of its host.
  seen_at timestamptz not null,
  ended_at timestamptz,
  small_values jsonb not null default '{}',
  outputs jsonb not null default '{}',
  progress jsonb,
  primary key (run_id, step_key, attempt),
  foreign key (run_id, step_key) references pipelines.step on delete cascade
);

create index attempt_live on pipelines.attempt (host) where state in ('submitting', 'submitted', 'running');

create table pipelines.trigger (
  project_id text not null,
  pipeline text not null,
  name text not null,
  spec jsonb not null,
  -- For whom its runs act.
  user_id text not null,
  updated_at timestamptz not null,
  primary key (project_id, pipeline, name)
);

create table pipelines.trigger_firing (
  id text primary key,
  project_id text not null,
  pipeline text not null,
  trigger text not null,
  kind text not null check (kind in ('schedule', 'decay')),
  -- The month, or the event, that fired it: either fires once.
  dedupe_key text not null,
  outcome text not null check (outcome in ('started', 'skipped')),
  says text not null,
  event_time timestamptz,
  run_id text references pipelines.run,
  fired_at timestamptz not null,
  unique (project_id, pipeline, trigger, dedupe_key),
  foreign key (project_id, pipeline, trigger) references pipelines.trigger on delete cascade
);

create index trigger_firing_list on pipelines.trigger_firing (project_id, pipeline, id desc);
