alter table pipelines.attempt
  -- What it ran in, by digest, where its executor runs containers. `executor` is the name of the target.
  add column image text,
  drop constraint attempt_outcome_check,
  add constraint attempt_outcome_check check (
    outcome in (
      'ok', 'exit', 'retry_requested', 'config', 'timeout', 'stalled', 'signal', 'oom', 'evicted', 'lost', 'submit_failed',
      'input_unavailable', 'output_missing', 'cancelled'
    )
  );
