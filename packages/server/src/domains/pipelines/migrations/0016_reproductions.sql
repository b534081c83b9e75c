alter table pipelines.run
  -- EVENKEEL_SEED of its steps; null: it ran before there was one.
  add column seed int,
  -- The version that it makes again, and the run that made it; null for all others.
  add column reproduces jsonb,
  -- What a reproduction would have registered; null until then.
  add column would_register jsonb;

create index run_reproducing on pipelines.run (project_id, (reproduces ->> 'model'), id desc)
  where reproduces is not null;
