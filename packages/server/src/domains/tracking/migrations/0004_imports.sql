-- Runs that were brought from another server. Without a revision, not all of the run is here yet.
create table tracking.run_import (
  run_number bigint primary key references tracking.run on delete cascade,
  -- Digest of what the source said of the run when all of it had been brought.
  revision text,
  imported_at timestamptz not null
);
