-- Runs and experiments that are gone for good and may have traces left: nobody finds these any more.
create table traces.purged (
  number bigint generated always as identity primary key,
  project_id text not null,
  run_id text,
  experiment_id bigint,
  check (num_nonnulls(run_id, experiment_id) = 1)
);
