alter table pipelines.attempt
  -- The software it ran with: kind, digest, tool, version; null where it was that of the host.
  add column runtime jsonb;

create index attempt_runtime on pipelines.attempt (host, (runtime ->> 'digest'))
  where state in ('submitting', 'submitted', 'running') and runtime is not null;
