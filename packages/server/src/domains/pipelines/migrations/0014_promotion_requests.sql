-- Releases that wait for a person before they are in force in production.
create table pipelines.promotion_request (
  id text primary key,
  -- Rises with time; pages are cut by it.
  position int generated always as identity unique,
  project_id text not null,
  pipeline text not null,
  version int not null,
  environment text not null check (environment in ('staging', 'production')),
  from_version int,
  state text not null check (state in ('pending', 'approved', 'rejected', 'expired', 'withdrawn')),
  requested_by text not null,
  -- Who approves must be another user than this one, whatever they are called.
  user_id text not null,
  comment text not null,
  -- Sentences, as they were when people were asked.
  evidence jsonb not null,
  evidence_digest text not null,
  requested_at timestamptz not null,
  expires_at timestamptz not null,
  decided_by text,
  reason text,
  decided_at timestamptz,
  foreign key (project_id, pipeline, version) references pipelines.release
);

create unique index promotion_request_pending on pipelines.promotion_request (project_id, pipeline, environment)
  where state = 'pending';
create index promotion_request_expiry on pipelines.promotion_request (expires_at) where state = 'pending';
