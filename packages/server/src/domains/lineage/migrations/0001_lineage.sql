create schema lineage;

-- Every OpenLineage event, ours and those of others. Writers of a project take turns, so the ids of one project become
-- visible in their order, and who has read up to an id has missed none.
create table lineage.event (
  id bigint generated always as identity primary key,
  project_id text not null,
  origin text not null check (origin in ('own', 'received')),
  -- Ours: run, step, attempt and event type. Of others: the digest of what they sent. Either is there once.
  dedupe_key text not null,
  event_type text,
  event_time timestamptz not null,
  job text,
  run_id text,
  body jsonb not null,
  received_at timestamptz not null,
  unique (project_id, dedupe_key)
);

create index event_list on lineage.event (project_id, id desc);
create index event_of_run on lineage.event (project_id, run_id, id desc) where run_id is not null;
create index event_to_send on lineage.event (project_id, id) where origin = 'own';

-- Which moments of our runs have been told: level-triggered, each once.
create table lineage.emitted (
  run_id text not null,
  -- Empty for the run itself.
  step_key text not null,
  attempt int not null,
  event_type text not null,
  -- When the moment was, by the state it was told from.
  moment timestamptz not null,
  primary key (run_id, step_key, attempt, event_type)
);

-- Runs that have begun and whose end has not been told: looked at again, in case the news was lost.
create table lineage.open_run (
  run_id text primary key,
  project_id text not null,
  looked_at timestamptz not null
);

create table lineage.node (
  project_id text not null,
  id text not null,
  kind text not null check (kind in ('job', 'run', 'dataset', 'dataset_version', 'model_version', 'deployment')),
  namespace text not null,
  name text not null,
  version text,
  label text not null,
  state text,
  -- Of the event that `state` is from.
  state_time timestamptz,
  -- Job of a run, dataset of a version.
  of_node text,
  origin text not null check (origin in ('own', 'received')),
  link text,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  primary key (project_id, id)
);

create index node_label on lineage.node (project_id, lower(left(label, 200)));
create index node_seen on lineage.node (project_id, last_seen desc);

-- `job`: jobs and datasets. `run`: runs and versions.
create table lineage.edge (
  project_id text not null,
  level text not null check (level in ('job', 'run')),
  source text not null,
  target text not null,
  kind text not null check (kind in ('reads', 'writes', 'part_of')),
  primary key (project_id, level, source, target)
);

create index edge_back on lineage.edge (project_id, level, target);

create table lineage.target (
  project_id text not null,
  name text not null,
  spec jsonb not null,
  -- Events up to this id have been sent or were left out.
  sent_until bigint not null,
  -- How often the next event was tried in vain.
  failures int not null default 0,
  refused_count int not null default 0,
  last_success_at timestamptz,
  last_error text,
  last_error_at timestamptz,
  next_try_at timestamptz,
  -- Who sends now; only one does.
  leased_until timestamptz,
  created_at timestamptz not null,
  primary key (project_id, name)
);

-- As it is given, because it is sent; apart, so that nobody reads it by the way.
create table lineage.target_key (
  project_id text not null,
  target text not null,
  key text not null,
  primary key (project_id, target),
  foreign key (project_id, target) references lineage.target on delete cascade
);
