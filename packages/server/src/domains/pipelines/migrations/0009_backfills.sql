create table pipelines.backfill (
  id text primary key,
  project_id text not null,
  pipeline text not null,
  -- As it was asked for: version:7, current or as-of-run; what it came to stands with each partition.
  code text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  unit text not null check (unit in ('hour', 'day', 'week', 'month')),
  every int not null,
  timezone text not null,
  cache text not null check (cache in ('reuse', 'ignore')),
  max_active int not null,
  run_order text not null check (run_order in ('oldest', 'newest')),
  params jsonb not null,
  -- Names of the params that get the bounds.
  time_params jsonb not null,
  state text not null check (state in ('running', 'paused', 'succeeded', 'failed', 'cancelled')),
  says text not null,
  -- After a cancel: its open runs are to be cancelled too, until none is left.
  cancel_runs boolean not null default false,
  reason text not null,
  -- The name that is shown, and the user for whom the steps of its runs act.
  created_by text not null,
  user_id text not null,
  created_at timestamptz not null,
  ended_at timestamptz
);

create index backfill_list on pipelines.backfill (project_id, id desc);
create index backfill_running on pipelines.backfill (id) where state = 'running';

create table pipelines.backfill_partition (
  project_id text not null,
  backfill_id text not null references pipelines.backfill on delete cascade,
  -- 0 for the oldest.
  position int not null,
  -- How people call it, and its end, in the time zone of the backfill.
  partition text not null,
  partition_end text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  version int not null,
  state text not null check (state in ('pending', 'running', 'succeeded', 'failed', 'skipped', 'cancelled')),
  reason text,
  -- The run of the newest try, written in one transaction with it.
  run_id text unique references pipelines.run on delete set null,
  tries int not null default 0,
  primary key (backfill_id, position)
);

create index backfill_partition_running on pipelines.backfill_partition (backfill_id) where state = 'running';

-- Null for runs of people and triggers; those of a backfill hold up no trigger.
alter table pipelines.run add column backfill_id text references pipelines.backfill on delete set null;
create index run_of_backfill on pipelines.run (backfill_id, ended_at) where backfill_id is not null;
