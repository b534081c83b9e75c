-- Nobody reads it any more.
alter table deployments.rollout drop column looked_at;
