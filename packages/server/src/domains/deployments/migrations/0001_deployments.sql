create schema deployments;

-- What the nodes of an environment must serve, signed. `generation` only grows, together with `desired`.
create table deployments.environment (
  project_id text not null,
  name text not null,
  generation bigint not null,
  desired jsonb not null,
  primary key (project_id, name)
);

-- The row is also the lock of everything that happens to the endpoint's rollouts.
create table deployments.endpoint (
  project_id text not null,
  name text not null,
  environment text not null,
  model text not null,
  description text not null,
  feature_views text[] not null,
  recording jsonb not null,
  auto_deploy boolean not null,
  plan jsonb not null,
  version int,
  previous_version int,
  -- Passed its gate, to be deployed by itself when no rollout runs.
  wanted_version int,
  created_at timestamptz not null,
  primary key (project_id, name)
);

create index endpoint_environment on deployments.endpoint (project_id, environment);
create index endpoint_wanted on deployments.endpoint (project_id, name) where wanted_version is not null;

-- The content of a version, as it was when it was first deployed.
create table deployments.artifact (
  project_id text not null,
  model text not null,
  version int not null,
  digest text not null,
  size_bytes bigint not null,
  golden text,
  signature jsonb not null,
  primary key (project_id, model, version)
);

create table deployments.rollout (
  id text primary key,
  position bigint generated always as identity,
  project_id text not null,
  endpoint text not null,
  environment text not null,
  model text not null,
  from_version int,
  to_version int not null,
  state text not null check (state in (
    'awaiting_approval', 'loading', 'canary', 'paused', 'promoting', 'succeeded', 'rolling_back', 'rolled_back', 'failed',
    'declined'
  )),
  says text not null,
  plan jsonb not null,
  step_index int not null,
  -- The generation of the environment that the nodes have to acknowledge.
  generation bigint not null,
  approval_id text,
  approved boolean not null,
  -- Whether nodes hold the version, with or without traffic; after a roll-back they keep it for diagnosis.
  resident boolean not null,
  analysis jsonb not null,
  judging jsonb not null,
  history jsonb not null,
  started_by text not null,
  started_at timestamptz not null,
  looked_at timestamptz,
  ended_at timestamptz,
  event_time_start timestamptz,
  event_time_end timestamptz,
  foreign key (project_id, endpoint) references deployments.endpoint,
  check ((ended_at is not null) = (state in ('succeeded', 'rolled_back', 'failed', 'declined')))
);

create unique index rollout_running on deployments.rollout (project_id, endpoint) where ended_at is null;
create index rollout_of_endpoint on deployments.rollout (project_id, endpoint, position desc);
create index rollout_approval on deployments.rollout (approval_id);

-- What the arms under comparison have answered during one rollout.
create table deployments.rollout_arm (
  rollout_id text not null references deployments.rollout on delete cascade,
  arm text not null check (arm in ('canary', 'baseline')),
  requests bigint not null,
  errors bigint not null,
  slow bigint not null,
  primary key (rollout_id, arm)
);

create table deployments.node (
  project_id text not null,
  name text not null,
  url text not null,
  last_seen_at timestamptz not null,
  status jsonb,
  primary key (project_id, name)
);

-- How far a node has come in an environment that it follows.
create table deployments.node_environment (
  project_id text not null,
  environment text not null,
  node text not null,
  loaded_generation bigint not null default 0,
  serving_generation bigint not null default 0,
  refused_generation bigint not null default 0,
  refusal text not null default '',
  primary key (project_id, environment, node)
);

-- The last counters of a node process, to tell what a report adds.
create table deployments.counter (
  project_id text not null,
  node text not null,
  endpoint text not null,
  arm text not null check (arm in ('primary', 'canary', 'baseline')),
  version int not null,
  boot_id text not null,
  requests bigint not null,
  errors bigint not null,
  latency_counts int[] not null,
  primary key (project_id, node, endpoint, arm, version)
);

-- Requests per second, later per minute; `latency_counts` over the edges of latency.ts.
create table deployments.traffic (
  project_id text not null,
  endpoint text not null,
  at timestamptz not null,
  arm text not null check (arm in ('primary', 'canary', 'baseline')),
  version int not null,
  requests bigint not null,
  errors bigint not null,
  latency_counts int[] not null,
  primary key (project_id, endpoint, at, arm, version)
);

create index traffic_age on deployments.traffic (at);

-- Histograms over the same edges add up position by position. A loop, because it takes a third of the time of unnest.
create function deployments.add_counts(a int[], b int[]) returns int[] language plpgsql immutable strict parallel safe
as $$
begin
  for i in 1 .. cardinality(a) loop
    a[i] := a[i] + b[i];
  end loop;
  return a;
end
$$;

create aggregate deployments.sum_counts(int[]) (sfunc = deployments.add_counts, stype = int[], parallel = safe);
