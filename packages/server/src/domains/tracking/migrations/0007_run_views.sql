-- A way to look at the runs of an experiment, shared with its project.
create table tracking.run_view (
  id text primary key,
  project_id text not null,
  experiment_id bigint not null,
  name text not null,
  contents jsonb not null,
  -- Opens when nothing else is asked for.
  is_default boolean not null,
  made_by text not null,
  created_at timestamptz not null,
  updated_by text not null,
  updated_at timestamptz not null,
  unique (project_id, experiment_id, name),
  foreign key (project_id, experiment_id) references tracking.experiment on delete cascade
);

create unique index run_view_default on tracking.run_view (project_id, experiment_id) where is_default;
