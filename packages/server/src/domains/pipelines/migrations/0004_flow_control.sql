alter table pipelines.run
  add column priority int not null default 0 check (priority between -100 and 100),
  -- The group it belongs to, as in its plan; null: it waits for nobody.
  add column concurrency jsonb,
  -- When its timeout ends; set when it begins.
  add column deadline_at timestamptz;

alter table pipelines.step
  -- The places it waits for; null while it waits for none.
  add column wants jsonb;

alter table pipelines.attempt
  -- The places it has for as long as it lives. No other row says who holds what.
  add column holds jsonb not null default '[]',
  add column gpus jsonb not null default '[]',
  -- The last touch of its heartbeat file, as of when it had been silent for too long.
  add column heartbeat_at timestamptz,
  drop constraint attempt_outcome_check,
  add constraint attempt_outcome_check check (
    outcome in (
      'ok', 'exit', 'retry_requested', 'config', 'timeout', 'stalled', 'signal', 'lost', 'submit_failed',
      'input_unavailable', 'output_missing', 'cancelled'
    )
  ),
  drop constraint attempt_stop_why_check,
  add constraint attempt_stop_why_check check (stop_why in ('timeout', 'stalled', 'cancelled', 'run_timeout', 'fail_fast'));

create index run_in_group on pipelines.run (project_id)
  where concurrency is not null and state in ('queued', 'running', 'waiting');
create index step_in_line on pipelines.step (project_id) where wants is not null;
create index attempt_holding on pipelines.attempt (project_id)
  where holds <> '[]' and state in ('submitting', 'submitted', 'running');

-- How many there are of what a project has only so much of.
create table pipelines.slot (
  project_id text not null,
  name text not null,
  capacity int not null check (capacity > 0),
  primary key (project_id, name)
);
