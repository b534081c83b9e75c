create schema tracking;

-- 0 is the experiment "Default" that every project has, so numbers begin with 1.
create sequence tracking.experiment_number as bigint minvalue 1;

create table tracking.experiment (
  project_id text not null,
  experiment_id bigint not null,
  name text not null,
  artifact_location text not null,
  -- Path of names joined by "/"; '' is the top.
  folder text not null default '',
  created_ms bigint not null,
  updated_ms bigint not null,
  deleted_ms bigint,
  primary key (project_id, experiment_id)
);

-- The name of a deleted experiment is free again.
create unique index experiment_name on tracking.experiment (project_id, name) where deleted_ms is null;

create table tracking.experiment_tag (
  project_id text not null,
  experiment_id bigint not null,
  key text not null,
  value text not null,
  primary key (project_id, experiment_id, key),
  foreign key (project_id, experiment_id) references tracking.experiment on delete cascade
);

create table tracking.run (
  -- What every other table of a run points with: half as wide as its id, and in order of creation.
  run_number bigint generated always as identity primary key,
  project_id text not null,
  run_id text not null,
  experiment_id bigint not null,
  name text not null,
  user_id text not null,
  status text not null check (status in ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
  started_ms bigint not null,
  ended_ms bigint,
  artifact_uri text not null,
  deleted_ms bigint,
  unique (project_id, run_id),
  foreign key (project_id, experiment_id) references tracking.experiment
);

create index run_newest on tracking.run (project_id, experiment_id, started_ms desc, run_id) where deleted_ms is null;
create index run_deleted on tracking.run (project_id, experiment_id, started_ms desc, run_id) where deleted_ms is not null;

create table tracking.run_param (
  run_number bigint not null references tracking.run on delete cascade,
  key text not null,
  value text not null,
  primary key (run_number, key)
);

-- Values can be longer than an index entry may be.
create index run_param_value on tracking.run_param (key, left(value, 200), run_number);

create table tracking.run_tag (
  run_number bigint not null references tracking.run on delete cascade,
  key text not null,
  value text not null,
  primary key (run_number, key)
);

create index run_tag_value on tracking.run_tag (key, left(value, 200), run_number);

create table tracking.metric_key (
  key_id int generated always as identity primary key,
  project_id text not null,
  key text not null,
  unique (project_id, key)
);

-- Append-only: a point is written once, and a batch that comes twice changes nothing.
create table tracking.metric_point (
  run_number bigint not null,
  key_id int not null,
  step bigint not null,
  timestamp_ms bigint not null,
  value double precision not null,
  primary key (run_number, key_id, step, timestamp_ms, value)
) partition by hash (run_number);

do $$
begin
  for part in 0..15 loop
    execute format(
      'create table tracking.metric_point_%s partition of tracking.metric_point for values with (modulus 16, remainder %s)',
      part, part);
  end loop;
end $$;

-- One row for each metric of a run, so that no search ever reads points.
create table tracking.metric_summary (
  run_number bigint not null references tracking.run on delete cascade,
  key_id int not null references tracking.metric_key,
  -- The point with the greatest (step, timestamp, value).
  last_step bigint not null,
  last_timestamp_ms bigint not null,
  last_value double precision not null,
  -- Over what is a number; null when nothing is.
  min_value double precision,
  max_value double precision,
  point_count bigint not null,
  primary key (run_number, key_id)
);

-- To PostgreSQL, NaN is greater than any number: "< 'NaN'" are the numbers, in order.
create index metric_summary_order on tracking.metric_summary (key_id, last_value, run_number);

create table tracking.dataset (
  dataset_number bigint generated always as identity primary key,
  project_id text not null,
  experiment_id bigint not null,
  name text not null,
  digest text not null,
  source_type text not null,
  source text not null,
  schema text,
  profile text,
  unique (project_id, experiment_id, name, digest),
  foreign key (project_id, experiment_id) references tracking.experiment on delete cascade
);

create table tracking.run_dataset (
  run_number bigint not null references tracking.run on delete cascade,
  dataset_number bigint not null references tracking.dataset,
  -- { key: value }
  tags jsonb not null,
  primary key (run_number, dataset_number)
);

create index run_dataset_dataset on tracking.run_dataset (dataset_number, run_number);

-- Logged models that a run read or made.
create table tracking.run_model (
  run_number bigint not null references tracking.run on delete cascade,
  direction text not null check (direction in ('input', 'output')),
  model_id text not null,
  step bigint not null,
  primary key (run_number, direction, model_id, step)
);
