create schema traces;

create table traces.trace (
  -- What every other table of a trace points with.
  trace_number bigint generated always as identity primary key,
  project_id text not null,
  -- `tr-` and 32 hex digits, when it came as spans.
  trace_id text not null,
  experiment_id bigint not null,
  client_request_id text,
  state text not null check (state in ('STATE_UNSPECIFIED', 'IN_PROGRESS', 'OK', 'ERROR')),
  requested_ms bigint not null,
  duration_ms bigint,
  request_preview text,
  response_preview text,
  -- Texts by name. They are read with their trace and never without it.
  tags jsonb not null default '{}',
  metadata jsonb not null default '{}',
  -- Whether the client has told of the trace as a whole: what spans say no longer changes its times and state.
  is_told boolean not null,
  span_count int not null default 0,
  span_bytes bigint not null default 0,
  unique (project_id, trace_id)
);

create index trace_newest on traces.trace (project_id, experiment_id, requested_ms desc, trace_id);
create index trace_of_run on traces.trace (project_id, (metadata ->> 'mlflow.sourceRun'))
  where metadata ->> 'mlflow.sourceRun' is not null;
create index trace_of_session on traces.trace (project_id, (metadata ->> 'mlflow.trace.session'))
  where metadata ->> 'mlflow.trace.session' is not null;

create table traces.span (
  trace_number bigint not null references traces.trace on delete cascade,
  -- 16 hex digits each.
  span_id text not null,
  parent_id text,
  name text not null,
  type text not null,
  status text not null check (status in ('UNSET', 'OK', 'ERROR')),
  -- Nanoseconds since 1970: past 2^53, so it orders and is not read.
  started_ns bigint not null,
  -- The span of OpenTelemetry in proto JSON.
  body jsonb not null,
  size_bytes int not null,
  -- Tokens and costs that the span counted, by kind.
  usage jsonb,
  cost jsonb,
  primary key (trace_number, span_id)
);

create table traces.assessment (
  trace_number bigint not null references traces.trace on delete cascade,
  assessment_id text not null,
  name text not null,
  kind text not null check (kind in ('feedback', 'expectation', 'issue')),
  source_type text not null,
  source_id text not null,
  value jsonb not null,
  error jsonb,
  rationale text,
  metadata jsonb not null default '{}',
  span_id text,
  overrides text,
  is_valid boolean not null,
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (trace_number, assessment_id)
);

create index assessment_named on traces.assessment (trace_number, kind, name);

create table traces.run_link (
  trace_number bigint not null references traces.trace on delete cascade,
  run_id text not null,
  primary key (trace_number, run_id)
);

create table traces.prompt_link (
  trace_number bigint not null references traces.trace on delete cascade,
  name text not null,
  version text not null,
  primary key (trace_number, name, version)
);
