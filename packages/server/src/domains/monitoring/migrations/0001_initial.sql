create schema monitoring;

-- One row per prediction. Ids are unique within an endpoint: of two records with one id, the first stays.
create table monitoring.prediction (
  project_id text not null,
  endpoint text not null,
  id text not null,
  model text not null,
  version bigint not null,
  arm text not null check (arm in ('primary', 'canary', 'baseline')),
  generation bigint not null,
  rollout_id text,
  event_time timestamptz not null,
  served_at timestamptz not null,
  features jsonb not null,
  score double precision,
  paired_candidate double precision,
  paired_champion double precision,
  latency_us bigint not null,
  error text,
  primary key (project_id, endpoint, id)
);
create index prediction_by_event_time on monitoring.prediction (project_id, endpoint, event_time, id);
create index prediction_by_rollout on monitoring.prediction (project_id, rollout_id) where rollout_id is not null;

-- Labels come before or after their prediction, so they do not refer to it.
create table monitoring.label (
  project_id text not null,
  endpoint text not null,
  id text not null,
  label smallint not null check (label in (0, 1)),
  primary key (project_id, endpoint, id)
);

create table monitoring.segment (
  project_id text not null,
  segment text not null,
  node text not null,
  digest text not null,
  size_bytes bigint not null,
  record_count int not null,
  endpoints jsonb not null,
  event_time_min timestamptz,
  event_time_max timestamptz,
  received_at timestamptz not null,
  primary key (project_id, segment)
);

-- What has arrived for one endpoint so far.
create table monitoring.stream (
  project_id text not null,
  endpoint text not null,
  record_count bigint not null default 0,
  label_count bigint not null default 0,
  complete_until timestamptz,
  primary key (project_id, endpoint)
);

create table monitoring.monitor (
  project_id text not null,
  name text not null,
  endpoint text not null,
  spec jsonb not null,
  primary key (project_id, name)
);
create index monitor_by_endpoint on monitoring.monitor (project_id, endpoint);

-- Windows whose answer may have changed. Append-only, so that arrivals never wait for an evaluation.
create table monitoring.pending_window (
  id bigint generated always as identity primary key,
  project_id text not null,
  monitor text not null,
  start_at timestamptz not null,
  foreign key (project_id, monitor) references monitoring.monitor (project_id, name) on delete cascade
);
create index pending_window_by_start on monitoring.pending_window (project_id, monitor, start_at);

-- `decayed`, `drifted` and `unclean`: what the window says for each kind of incident; null when it cannot tell.
create table monitoring.monitor_window (
  project_id text not null,
  monitor text not null,
  start_at timestamptz not null,
  end_at timestamptz not null,
  closed boolean not null,
  model text,
  version bigint,
  decayed boolean,
  drifted boolean,
  unclean boolean,
  content jsonb not null,
  primary key (project_id, monitor, start_at),
  foreign key (project_id, monitor) references monitoring.monitor (project_id, name) on delete cascade
);

-- `cause`: the start of the first bad window, or the id of the rollout; one incident for one cause.
create table monitoring.incident (
  id text primary key default gen_random_uuid()::text,
  position bigint generated always as identity,
  project_id text not null,
  monitor text not null,
  endpoint text not null,
  model text not null,
  kind text not null check (kind in ('decay', 'drift', 'data_quality', 'rollout')),
  cause text not null,
  state text not null check (state in ('open', 'resolved')),
  title text not null,
  what jsonb not null,
  why jsonb not null,
  fix jsonb not null,
  event_time_start timestamptz not null,
  event_time_end timestamptz,
  opened_at timestamptz not null,
  resolved_at timestamptz,
  resolution text,
  unique (project_id, monitor, kind, cause)
);
create index incident_by_position on monitoring.incident (project_id, position);
create unique index incident_open on monitoring.incident (project_id, monitor, kind) where state = 'open';
