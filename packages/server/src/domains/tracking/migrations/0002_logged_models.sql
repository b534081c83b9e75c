create table tracking.logged_model (
  model_number bigint generated always as identity primary key,
  project_id text not null,
  -- `m-` and 32 hex digits.
  model_id text not null,
  experiment_id bigint not null,
  name text not null,
  model_type text,
  source_run_id text,
  status text not null check (status in ('LOGGED_MODEL_PENDING', 'LOGGED_MODEL_READY', 'LOGGED_MODEL_UPLOAD_FAILED')),
  status_message text,
  artifact_uri text not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  deleted_ms bigint,
  unique (project_id, model_id),
  foreign key (project_id, experiment_id) references tracking.experiment
);

create index logged_model_newest on tracking.logged_model (project_id, experiment_id, created_ms desc, model_id)
  where deleted_ms is null;

create table tracking.logged_model_param (
  model_number bigint not null references tracking.logged_model on delete cascade,
  key text not null,
  value text not null,
  primary key (model_number, key)
);

create table tracking.logged_model_tag (
  model_number bigint not null references tracking.logged_model on delete cascade,
  key text not null,
  value text not null,
  primary key (model_number, key)
);

-- The newest point of each metric, data set and run.
create table tracking.logged_model_metric (
  model_number bigint not null references tracking.logged_model on delete cascade,
  run_id text not null,
  key text not null,
  dataset_name text not null default '',
  dataset_digest text not null default '',
  value double precision not null,
  timestamp_ms bigint not null,
  step bigint not null,
  primary key (model_number, run_id, key, dataset_name, dataset_digest)
);
