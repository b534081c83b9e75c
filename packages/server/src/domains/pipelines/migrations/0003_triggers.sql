alter table pipelines.trigger
  -- Occurrences of a cron trigger up to here have been looked at, and when the next one is.
  add column looked_until timestamptz,
  add column next_at timestamptz,
  add column paused_by text,
  add column paused_why text,
  add column paused_at timestamptz;

create index trigger_next on pipelines.trigger (next_at) where next_at is not null;

-- As it is given, because a signature can only be checked with the secret itself; apart, so that nobody reads it by the way.
create table pipelines.trigger_secret (
  project_id text not null,
  pipeline text not null,
  trigger text not null,
  secret text not null,
  primary key (project_id, pipeline, trigger),
  foreign key (project_id, pipeline, trigger) references pipelines.trigger on delete cascade
);

-- A row while every trigger of the project is paused.
create table pipelines.trigger_pause (
  project_id text primary key,
  paused_by text not null,
  paused_why text not null,
  paused_at timestamptz not null
);

alter table pipelines.trigger_firing
  -- The history outlives the trigger.
  drop constraint trigger_firing_project_id_pipeline_trigger_fkey,
  drop constraint trigger_firing_kind_check,
  drop constraint trigger_firing_outcome_check,
  add constraint trigger_firing_kind_check check (
    kind in ('schedule', 'cron', 'data', 'decay', 'drift', 'model', 'pipeline', 'webhook')
  ),
  add constraint trigger_firing_outcome_check check (outcome in ('pending', 'started', 'skipped')),
  -- What happened, without what came of it.
  add column occasion text not null default '',
  add column evidence jsonb not null default '{}',
  -- What the occasion itself gives the run.
  add column params jsonb not null default '{}',
  -- How many runs led to it, one through the other.
  add column depth int not null default 0,
  -- What a pending one waits for: more of the same, until `due_at`, or the end of a run.
  add column waits_for text check (waits_for in ('quiet', 'run')),
  add column due_at timestamptz,
  add constraint trigger_firing_pending_check check ((outcome = 'pending') = (waits_for is not null));

create index trigger_firing_pending on pipelines.trigger_firing (project_id, pipeline, id) where outcome = 'pending';
create unique index trigger_firing_quiet on pipelines.trigger_firing (project_id, pipeline, trigger)
  where waits_for = 'quiet';
create index trigger_firing_all on pipelines.trigger_firing (project_id, id desc);
create index trigger_firing_run on pipelines.trigger_firing (run_id) where run_id is not null;
-- Whether a dataset version was taken into account.
create index trigger_firing_version on pipelines.trigger_firing using gin ((evidence -> 'versions')) where kind = 'data';
