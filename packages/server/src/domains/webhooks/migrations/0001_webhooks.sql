create schema webhooks;

create table webhooks.webhook (
  project_id text not null,
  webhook_id text not null,
  name text not null,
  description text,
  url text not null,
  -- `MODEL_VERSION.CREATED`
  events text[] not null,
  -- Sealed with the key of the data folder; what is sent is signed with it.
  secret bytea,
  status text not null check (status in ('ACTIVE', 'DISABLED')),
  created_ms bigint not null,
  updated_ms bigint not null,
  primary key (project_id, webhook_id)
);
