-- Blocks hold a day and are appended to, piece by piece (see tile-block.ts); the pushes of one key and day go to several
-- of them, so that none grows with every push. Before, they held six hours in one piece, which was rewritten.
create temporary table daily on commit drop as
select
  b.project_id, b.view, b.key, floor(b.slot / 4.0)::int as slot, sum(b.event_count) as event_count,
  string_agg(
    int4send(octet_length(b.data) / (8 + 8 * m.count)) || int4send((b.slot - 4 * floor(b.slot / 4.0)::int) * 21600000)
      || b.data,
    ''::bytea order by b.slot
  ) as data
from features.tile_block b
join features.view v on v.project_id = b.project_id and v.name = b.view
join features.view_version d on d.project_id = v.project_id and d.view = v.name and d.version = v.version
cross join lateral (select count(*)::int from jsonb_object_keys(d.spec -> 'source' -> 'measures')) m (count)
group by 1, 2, 3, 4;

truncate features.tile_block;
alter table features.tile_block
  -- So many pushes share a block: their sequence numbers, divided.
  add column part bigint not null,
  drop constraint tile_block_pkey,
  add primary key (project_id, view, key, slot, part);
insert into features.tile_block (project_id, view, key, slot, part, event_count, data)
select project_id, view, key, slot, 0, event_count, data from daily;
