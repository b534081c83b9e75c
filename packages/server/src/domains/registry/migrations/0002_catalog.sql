-- Clients of MLflow keep their models here too: with tags, descriptions and labels, and versions that are files of any
-- kind. A model can be renamed, and what belongs to it follows.
alter table registry.model add column updated_at timestamptz not null default now();

update registry.model m set updated_at = coalesce(
  (select max(v.created_at) from registry.model_version v where v.project_id = m.project_id and v.model = m.name),
  m.created_at
);

alter table registry.model_version
  alter column artifact_digest drop not null,
  alter column artifact_size_bytes drop not null,
  alter column signature drop not null,
  add constraint model_version_artifact check (num_nulls(artifact_digest, artifact_size_bytes, signature) in (0, 3)),
  add column description text not null default '',
  add column stage_label text not null default 'None'
    check (stage_label in ('None', 'Staging', 'Production', 'Archived')),
  -- As it was sent, and where the files lie that it stood for then.
  add column source text,
  add column source_uri text,
  add column source_run_id text,
  add column source_model_id text,
  add column run_link text,
  add column updated_at timestamptz not null default now(),
  -- A number is given once, so the row of a deleted version stays.
  add column deleted_at timestamptz;

update registry.model_version set updated_at = created_at;

alter table registry.model_version
  drop constraint model_version_project_id_model_fkey,
  add foreign key (project_id, model) references registry.model on update cascade on delete cascade,
  drop constraint model_version_project_id_model_artifact_digest_run_id_key;

create unique index model_version_content on registry.model_version (project_id, model, artifact_digest, run_id)
  nulls not distinct where artifact_digest is not null and deleted_at is null;

create index model_version_source_run on registry.model_version (project_id, source_run_id)
  where source_run_id is not null and deleted_at is null;

alter table registry.model_alias
  drop constraint model_alias_project_id_model_version_fkey,
  add foreign key (project_id, model, version) references registry.model_version on update cascade on delete cascade;

create table registry.model_tag (
  project_id text not null,
  model text not null,
  key text not null,
  value text not null,
  primary key (project_id, model, key),
  foreign key (project_id, model) references registry.model on update cascade on delete cascade
);

create table registry.version_tag (
  project_id text not null,
  model text not null,
  version int not null,
  key text not null,
  value text not null,
  primary key (project_id, model, version, key),
  foreign key (project_id, model, version) references registry.model_version on update cascade on delete cascade
);

create table registry.stage_move (
  position bigint generated always as identity primary key,
  project_id text not null,
  model text not null,
  version int not null,
  label text not null check (label in ('None', 'Staging', 'Production', 'Archived')),
  previous_label text not null check (previous_label in ('None', 'Staging', 'Production', 'Archived')),
  moved_by text not null,
  moved_at timestamptz not null
);

create index stage_move_model on registry.stage_move (project_id, model, position desc);
