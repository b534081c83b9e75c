create schema features;

-- A feature view as it is now, with the state of its online store.
create table features.view (
  project_id text not null,
  name text not null,
  version int not null check (version > 0),
  -- Rises by one with each push.
  sequence bigint not null default 0,
  watermark_ms bigint,
  event_count bigint not null default 0,
  primary key (project_id, name)
);

create table features.view_version (
  project_id text not null,
  view text not null,
  version int not null check (version > 0),
  spec jsonb not null,
  created_at timestamptz not null,
  created_by text not null,
  primary key (project_id, view, version),
  foreign key (project_id, view) references features.view
);

-- The events of one key in six hours (`slot`: so many since 1970, UTC), summed up per millisecond; see tile-block.ts.
create table features.tile_block (
  project_id text not null,
  view text not null,
  key text not null,
  slot int not null,
  event_count bigint not null,
  data bytea not null,
  -- No foreign key: checking it would take longer than the insert, and only holders of the view's lock write here.
  primary key (project_id, view, key, slot)
)
-- Room for the next version of a row on its page, which spares the index a change.
with (fillfactor = 60);

-- Rewritten at each push: compressing it takes longer than writing the bytes that it saves.
alter table features.tile_block alter column data set storage external;

create table features.push (
  project_id text not null,
  view text not null,
  sequence bigint not null,
  -- Null for what the server did by itself.
  batch_id text,
  event_count bigint not null,
  -- Null when it is too old or too large to be told in small: a node then takes a snapshot.
  tiles json,
  created_at timestamptz not null,
  primary key (project_id, view, sequence),
  unique (project_id, view, batch_id),
  foreign key (project_id, view) references features.view
);

-- Read back as it came, a moment later.
alter table features.push alter column tiles set storage external;

create table features.ack (
  project_id text not null,
  view text not null,
  node text not null,
  sequence bigint not null,
  primary key (project_id, view, node),
  foreign key (project_id, view) references features.view
);
