-- Rises with every change, so that a server knows whether what it remembers of a run is still true.
alter table pipelines.run add column revision bigint not null default 0;

alter table pipelines.step
  add column needs jsonb not null default '[]',
  -- Why it ran, or what took its place; null until that is decided.
  add column cache jsonb,
  -- sha256 of the parts.
  add column cache_key text,
  -- What its result depends on, part by part.
  add column cache_parts jsonb,
  -- The outputs and values of the run whose result it took over.
  add column reused jsonb;

create index step_result on pipelines.step (project_id, cache_key) where state = 'succeeded' and cache_key is not null;
create index step_by_key on pipelines.step (project_id, key, run_id desc) where cache_parts is not null;
