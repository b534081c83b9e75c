create schema projects;

create table projects.project (
  id text primary key,
  name text not null,
  created_at timestamptz not null default now()
);

create table projects.user_account (
  id text primary key,
  name text not null,
  project_id text not null references projects.project,
  roles text[] not null,
  created_at timestamptz not null default now()
);

create unique index user_account_name on projects.user_account (lower(name));

create table projects.token (
  id text primary key,
  user_id text not null references projects.user_account on delete cascade,
  name text not null,
  kind text not null check (kind in ('user', 'node', 'step')),
  -- What a step token is bound to.
  scope text,
  hash text not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz
);

create index token_user on projects.token (user_id, created_at desc);
create index token_expiry on projects.token (expires_at) where expires_at is not null;

insert into projects.project (id, name) values ('default', 'default');
insert into projects.user_account (id, name, project_id, roles) values ('local', 'local', 'default', '{admin}');
