alter table pipelines.trigger_firing
  drop constraint trigger_firing_kind_check,
  add constraint trigger_firing_kind_check check (
    kind in ('schedule', 'cron', 'data', 'decay', 'drift', 'model', 'pipeline', 'webhook', 'folder', 'bucket', 'sql')
  );

-- What a store calls the content of an object; null for files of a folder, which have no such thing.
alter table pipelines.trigger_file add column etag text;
