alter table pipelines.attempt
  -- Of the command and all it waited for; null: not measured.
  add column cpu_seconds double precision,
  add column peak_memory_bytes bigint,
  -- What the target cost when the attempt ended; null: it had no price.
  add column price_per_hour double precision,
  add column currency text;
