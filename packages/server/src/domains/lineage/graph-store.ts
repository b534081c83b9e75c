import type { LineageNodeKind } from '@evenkeel/contract'
import { sql, type Selectable } from 'kysely'
import type { Database, Db } from '../../platform/db.ts'
import type { EdgeNews, NodeNews } from './graph.ts'

export type NodeRow = Selectable<Database['lineage.node']>
export type EdgeRow = Selectable<Database['lineage.edge']>
export type Level = EdgeRow['level']

/** Rows that fit into one statement. */
const batch = 500

/** What the graph learns, and from whom when. */
export interface Learned {
  readonly projectId: string
  readonly origin: 'own' | 'received'
  readonly at: Date
  readonly now: Date
}

/** Nodes and edges. */
export function graphStore(db: Db) {
  const tables = db.$pickTables<'lineage.node' | 'lineage.edge'>()
  const nodes = (projectId: string) => tables.selectFrom('lineage.node').selectAll().where('project_id', '=', projectId)

  return {
    /** What is ours stays as we have said it; the state of a run is that of its last event. */
    async addNodes(
      { projectId, origin, at, now }: Learned,
      news: readonly (NodeNews & { readonly link: string | null })[],
    ): Promise<void> {
      for (let from = 0; from < news.length; from += batch) {
        const rows = news.slice(from, from + batch).map((node) => ({
          project_id: projectId,
          id: node.id,
          kind: node.kind,
          namespace: node.namespace,
          name: node.name,
          version: node.version,
          label: node.label,
          state: node.state,
          state_time: node.state === null ? null : at,
          of_node: node.of,
          origin,
          link: node.link,
          first_seen: now,
          last_seen: now,
        }))
        await tables
          .insertInto('lineage.node')
          .values(rows)
          .onConflict((conflict) =>
            conflict
              .columns(['project_id', 'id'])
              .doUpdateSet({
                label: sql`excluded.label`,
                link: sql`coalesce(excluded.link, node.link)`,
                origin: sql`excluded.origin`,
                of_node: sql`coalesce(excluded.of_node, node.of_node)`,
                state: sql`case when excluded.state_time >= coalesce(node.state_time, '-infinity') then excluded.state else node.state end`,
                state_time: sql`greatest(node.state_time, excluded.state_time)`,
                last_seen: now,
              })
              .where(sql<boolean>`node.origin = 'received' or excluded.origin = 'own'`),
          )
          .execute()
      }
    },

    async addEdges(projectId: string, news: readonly EdgeNews[]): Promise<void> {
      for (let from = 0; from < news.length; from += batch) {
        const rows = news.slice(from, from + batch).map((edge) => ({ project_id: projectId, ...edge }))
        await tables
          .insertInto('lineage.edge')
          .values(rows)
          .onConflict((conflict) => conflict.doNothing())
          .execute()
      }
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
