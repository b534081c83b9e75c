create schema datasets;

create table datasets.dataset (
  project_id text not null,
  name text not null,
  created_at timestamptz not null default now(),
  primary key (project_id, name)
);

create table datasets.contract (
  project_id text not null,
  dataset text not null,
  version int not null check (version > 0),
  body jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project_id, dataset, version),
  foreign key (project_id, dataset) references datasets.dataset
);

create table datasets.version (
  project_id text not null,
  dataset text not null,
  version int not null check (version > 0),
  digest text not null,
  -- The sha256 of what was sent; another than the file's when a CSV became a Parquet file.
  source_digest text not null,
  state text not null check (state in ('accepted', 'refused')),
  row_count bigint not null,
  size_bytes bigint not null,
  columns jsonb not null,
  files jsonb not null,
  event_time_min timestamptz,
  event_time_max timestamptz,
  note text not null,
  contract_version int,
  checks jsonb not null,
  profile jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project_id, dataset, version),
  foreign key (project_id, dataset) references datasets.dataset
);

-- The same content is the same version. What was refused may come again once the contract is another.
create unique index version_accepted_source on datasets.version (project_id, dataset, source_digest)
  where state = 'accepted';
create unique index version_accepted_digest on datasets.version (project_id, dataset, digest) where state = 'accepted';
