create schema artifacts;

-- A tree of names. A folder is there while a file lies in it; no path is both, which `file-store.ts` sees to.
create table artifacts.file (
  project_id text not null,
  -- In the order of bytes, so that what lies below a path is one range of the index.
  path text collate "C" not null,
  digest text not null,
  size_bytes bigint not null,
  stored_at timestamptz not null,
  primary key (project_id, path)
);

create index file_digest on artifacts.file (digest);

-- A file that comes in parts. It stays for a while after its end, so that a repeated end finds it.
create table artifacts.upload (
  -- A secret: who knows it may send parts.
  upload_id text primary key,
  project_id text not null,
  path text not null,
  part_count int not null,
  completed boolean not null default false,
  expires_at timestamptz not null
);

create index upload_expiry on artifacts.upload (expires_at);

create table artifacts.upload_part (
  upload_id text not null references artifacts.upload on delete cascade,
  number int not null,
  digest text not null,
  size_bytes bigint not null,
  primary key (upload_id, number)
);

create index upload_part_digest on artifacts.upload_part (digest);
