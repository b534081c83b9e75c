alter table pipelines.trigger_firing
  drop constraint trigger_firing_kind_check,
  add constraint trigger_firing_kind_check check (
    kind in ('schedule', 'cron', 'data', 'decay', 'drift', 'model', 'pipeline', 'webhook', 'folder', 'sql')
  );

-- What a trigger that watches a folder or a query has seen.
create table pipelines.trigger_watch (
  project_id text not null,
  pipeline text not null,
  trigger text not null,
  -- What is watched; when the trigger is written with something else, all begins anew.
  source text not null,
  started_at timestamptz not null,
  looked_at timestamptz not null,
  -- Digest of the last list of files; null while one of them waits to be quiet.
  listing text,
  -- What the query gave last; `is_known` tells its null from a query that has not been asked.
  is_known boolean not null default false,
  value text,
  -- Why the last look saw nothing.
  problem text,
  -- Occasions so far: with `started_at` it names the next one.
  told int not null default 0,
  primary key (project_id, pipeline, trigger),
  foreign key (project_id, pipeline, trigger) references pipelines.trigger on delete cascade
);

create table pipelines.trigger_file (
  project_id text not null,
  pipeline text not null,
  trigger text not null,
  -- Below the folder.
  path text not null,
  size_bytes bigint not null,
  mtime_ms double precision not null,
  -- When it was first seen as it is now.
  since timestamptz not null,
  -- The firing it belongs to, or `start` when it was there before the trigger; null while it may still change.
  taken_by text,
  -- A folder may be away for a while; what was in it is no news when it comes back.
  gone_at timestamptz,
  primary key (project_id, pipeline, trigger, path),
  foreign key (project_id, pipeline, trigger) references pipelines.trigger_watch on delete cascade
);
