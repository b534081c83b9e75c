-- A step that asks people. A retry of the run asks anew, so a step may have several; the newest counts.
create table pipelines.approval (
  position bigint generated always as identity primary key,
  id text not null unique,
  project_id text not null,
  pipeline text not null,
  run_id text not null,
  step_key text not null,
  state text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'withdrawn')),
  spec jsonb not null,
  -- Whose voices count and who holds each; null: anybody who may approve.
  voices jsonb,
  -- What was true when people were asked; never written again.
  evidence jsonb not null,
  evidence_digest text not null,
  reason text,
  requested_at timestamptz not null,
  decided_at timestamptz,
  expires_at timestamptz not null,
  foreign key (run_id, step_key) references pipelines.step on delete cascade,
  check ((state = 'pending') = (decided_at is null))
);

create index approval_list on pipelines.approval (project_id, position desc);
create index approval_of_step on pipelines.approval (run_id, step_key, position desc);
create index approval_pipeline on pipelines.approval (project_id, pipeline, step_key, position desc)
  where state = 'approved';

create table pipelines.approval_decision (
  position bigint generated always as identity primary key,
  approval_id text not null references pipelines.approval (id) on delete cascade,
  user_id text not null,
  user_name text not null,
  decision text not null check (decision in ('approve', 'reject', 'delegate')),
  to_name text,
  reason text not null,
  at timestamptz not null
);

create index approval_decision_of on pipelines.approval_decision (approval_id, position);
