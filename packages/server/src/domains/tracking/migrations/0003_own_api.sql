-- The newest runs of a project, whatever their experiment.
create index run_newest_of_project on tracking.run (project_id, started_ms desc, run_id) where deleted_ms is null;

create index logged_model_source_run on tracking.logged_model (project_id, source_run_id)
  where source_run_id is not null;

-- Runs that are gone for good, until all of their points are gone too.
create table tracking.purged_run (
  run_number bigint primary key
);
