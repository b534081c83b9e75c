import type { LineageNodeKind } from '@evenkeel/contract'
import { sql, type Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import { documentOf } from '../../platform/storable.ts'
import type { EdgeNews, ToldNode } from './graph.ts'

export type NodeRow = Selectable<Database['lineage.node']>
export type EdgeRow = Selectable<Database['lineage.edge']>
export type Level = EdgeRow['level']

/** Who has told what the graph learns, and when we heard it. */
export interface Learned {
  readonly projectId: string
  readonly origin: 'own' | 'received'
  readonly now: Date
}

/** Nodes and edges. */
export function graphStore(db: Db) {
  const tables = db.$pickTables<'lineage.node' | 'lineage.edge'>()
  const nodes = (projectId: string) => tables.selectFrom('lineage.node').selectAll().where('project_id', '=', projectId)

  return {
    /**
     * What is ours stays as we have said it; the state of a run is that of its last event.
     *
     * @param news - each node once
     */
    async addNodes({ projectId, origin, now }: Learned, news: readonly ToldNode[]): Promise<void> {
      await sql`
        insert into lineage.node (
          project_id, id, kind, namespace, name, version, label, state, state_time, of_node, origin, link,
          first_seen, last_seen
        )
        select ${projectId}, id, kind, namespace, name, version, label, state,
          case when state is not null then at end, n.of, ${origin}, link, ${now}::timestamptz, ${now}::timestamptz
        from jsonb_to_recordset(${documentOf(news)}::jsonb) as n(
          id text, kind text, namespace text, name text, version text, label text, state text, at timestamptz, "of" text,
          link text
        )
        on conflict (project_id, id) do update set
          label = excluded.label,
          link = coalesce(excluded.link, node.link),
          origin = excluded.origin,
          of_node = coalesce(excluded.of_node, node.of_node),
          state = case
            when excluded.state_time >= coalesce(node.state_time, '-infinity') then excluded.state else node.state
          end,
          state_time = greatest(node.state_time, excluded.state_time),
          last_seen = excluded.last_seen
        where node.origin = 'received' or excluded.origin = 'own'`.execute(db)
    },

    async addEdges(projectId: string, news: readonly EdgeNews[]): Promise<void> {
      await sql`
        insert into lineage.edge (project_id, level, source, target, kind)
        select ${projectId}, level, source, target, kind
        from jsonb_to_recordset(${documentOf(news)}::jsonb) as e(level text, source text, target text, kind text)
        on conflict do nothing`.execute(db)
    },

    findNode: (projectId: string, id: string): Promise<NodeRow | undefined> =>
      nodes(projectId).where('id', '=', id).executeTakeFirst(),

    readNodes: (projectId: string, ids: readonly string[]): Promise<NodeRow[]> =>
      nodes(projectId)
        .where('id', '=', sql<string>`any(${ids})`)
        .execute(),

    /** Nodes that are called exactly so: by label, name or run id. Ours first. */
    nodesCalled: (projectId: string, called: string, kind: LineageNodeKind | undefined): Promise<NodeRow[]> =>
      nodes(projectId)
        .where((where) =>
          where.or([
            where.and([
              where(sql`lower(left(label, 200))`, '=', called.slice(0, 200).toLowerCase()),
              where('label', '=', called),
            ]),
            where('id', '=', `run:${called.toLowerCase()}`),
          ]),
        )
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind!))
        .orderBy('origin')
        .limit(20)
        .execute(),

    search: (projectId: string, text: string, kind: LineageNodeKind | undefined, limit: number): Promise<NodeRow[]> =>
      nodes(projectId)
        .where((where) => {
          const pattern = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
          return where.or([where('label', 'ilike', pattern), where('name', 'ilike', pattern)])
        })
        .$if(kind !== undefined, (query) => query.where('kind', '=', kind!))
        .orderBy('last_seen', 'desc')
        .orderBy('id')
        .limit(limit)
        .execute(),

    /** Edges that end (`upstream`) or begin in one of these nodes. */
    edgesAt(
      projectId: string,
      level: Level,
      direction: 'upstream' | 'downstream',
      ids: readonly string[],
      limit: number,
    ): Promise<EdgeRow[]> {
      return tables
        .selectFrom('lineage.edge')
        .selectAll()
        .where('project_id', '=', projectId)
        .where('level', '=', level)
        .where(direction === 'upstream' ? 'target' : 'source', '=', sql<string>`any(${ids})`)
        .orderBy('source')
        .orderBy('target')
        .limit(limit)
        .execute()
    },
  }
}
