-- What people do with models: they edit cards, own models and comment on versions.
create table registry.card_edit (
  project_id text not null,
  model text not null,
  version int not null,
  -- 0 is the card that the version was registered with.
  revision int not null check (revision >= 0),
  card text not null,
  reason text not null,
  added_lines int not null,
  removed_lines int not null,
  edited_by text not null,
  edited_at timestamptz not null,
  primary key (project_id, model, version, revision),
  foreign key (project_id, model, version) references registry.model_version on update cascade on delete cascade
);

create table registry.model_owner (
  project_id text not null,
  model text not null,
  kind text not null check (kind in ('user', 'team')),
  name text not null,
  primary key (project_id, model, kind, name),
  foreign key (project_id, model) references registry.model on update cascade on delete cascade
);

create index model_owner_name on registry.model_owner (project_id, name, kind);

insert into registry.model_owner (project_id, model, kind, name)
  select project_id, name, 'user', owner from registry.model where owner <> '';

create table registry.version_comment (
  id uuid primary key,
  position bigint generated always as identity unique,
  project_id text not null,
  model text not null,
  version int not null,
  text text not null,
  author text not null,
  created_at timestamptz not null,
  edited_at timestamptz,
  foreign key (project_id, model, version) references registry.model_version on update cascade on delete cascade
);

create index version_comment_version on registry.version_comment (project_id, model, version, position desc);
