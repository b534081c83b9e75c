-- Folders of git repositories that steps were made of; what is at a commit never changes.
create table pipelines.step_source (
  project_id text not null,
  repository text not null,
  commit text not null,
  -- Of the folder; '' is the whole repository.
  path text not null,
  -- [{ path, digest, executable }], below the folder; the content lies in the blob store.
  files jsonb not null,
  fetched_by text not null,
  fetched_at timestamptz not null,
  primary key (project_id, repository, commit, path)
);
