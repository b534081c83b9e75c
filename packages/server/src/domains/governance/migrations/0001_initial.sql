create schema governance;

create table governance.gate_policy (
  project_id text not null,
  model text not null,
  policy jsonb not null,
  primary key (project_id, model)
);

create table governance.environment_policy (
  project_id text not null,
  environment text not null,
  policy jsonb not null,
  primary key (project_id, environment)
);

create table governance.approval (
  position bigint generated always as identity primary key,
  id text not null unique default gen_random_uuid()::text,
  project_id text not null,
  state text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'withdrawn')),
  model text not null,
  version int not null,
  environment text not null,
  digest text not null,
  requested_by text not null,
  comment text not null,
  evidence text[] not null,
  decided_by text,
  reason text,
  requested_at timestamptz not null,
  decided_at timestamptz,
  expires_at timestamptz not null,
  check ((state = 'pending') = (decided_at is null))
);

create index approval_project on governance.approval (project_id, position desc);
create index approval_version on governance.approval (project_id, model, version, position);
create index approval_pending on governance.approval (expires_at) where state = 'pending';
