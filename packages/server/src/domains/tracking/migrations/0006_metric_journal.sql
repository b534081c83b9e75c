-- Points that were acknowledged and wait to be folded into `metric_point` and `metric_summary`; a row is a batch.
create table tracking.metric_journal (
  entry_number bigint generated always as identity primary key,
  -- Without a foreign key: who folds looks whether the run is there, and drops what was written to one that is gone.
  run_number bigint not null,
  point_count int not null,
  -- Of each point, in the same order.
  key_ids int[] not null,
  steps bigint[] not null,
  timestamps_ms bigint[] not null,
  values double precision[] not null
);

create index metric_journal_run on tracking.metric_journal (run_number, entry_number);

-- Rows live for seconds: to compress them costs more than to write them.
alter table tracking.metric_journal
  alter key_ids set storage external,
  alter steps set storage external,
  alter timestamps_ms set storage external,
  alter values set storage external;
