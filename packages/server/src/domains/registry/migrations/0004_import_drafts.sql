-- Models that somebody is about to import, step by step.
create table registry.import_draft (
  id uuid primary key,
  project_id text not null,
  -- The steps, as `ImportDraft` of the contract has them; each is written by itself; `registered` is the last.
  content jsonb not null,
  created_by text not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create index import_draft_project on registry.import_draft (project_id, updated_at desc);
