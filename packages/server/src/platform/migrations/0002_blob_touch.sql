-- When content was last stored, or meant to be referred to, by sha256. The row is also the lock between those who do so
-- and whoever deletes: see domains/storage. One that is missing says no more than an old one.
create table platform.blob_touch (
  digest text primary key,
  touched_at timestamptz not null
);

create index blob_touch_age on platform.blob_touch (touched_at);
