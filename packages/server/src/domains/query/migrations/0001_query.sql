create schema query;

-- The roles that may read the views of one project, and nothing else. The views find out by it whose rows they show.
create table query.reader (
  role text primary key,
  project_id text not null unique,
  -- Null where somebody else made the role: then the URL in the settings has it.
  password text
);
