import { lineageErrors, type LineageGraph, lineageLimits, type LineageNode, LineageNodeKind } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { type EdgeRow, graphStore, type Level, type NodeRow } from './graph-store.ts'

const fail = failures(lineageErrors)

type Direction = 'upstream' | 'downstream'

interface Question {
  readonly node: string
  readonly depth: number
  readonly direction: Direction | 'both'
}

/**
 * The nodes around one, level by level, nearest first. From a job or a dataset it leads over jobs and datasets; from a run
 * or a version over what really happened.
 */
export async function askGraph(db: Db, projectId: string, { node, depth, direction }: Question): Promise<LineageGraph> {
  const store = graphStore(db)
  const root = await findNode(db, projectId, node)
  const level: Level = root.kind === 'job' || root.kind === 'dataset' ? 'job' : 'run'
  const found = { ids: new Set([root.id]), edges: new Map<string, EdgeRow>(), truncated: false }
  const directions: readonly Direction[] = direction === 'both' ? ['upstream', 'downstream'] : [direction]
  for (const one of directions) {
    let reached = [root.id]
    for (let step = 0; step < depth && reached.length > 0; step++) {
      const edges = await store.edgesAt(projectId, level, one, reached, lineageLimits.nodes * 4)
      if (edges.length === lineageLimits.nodes * 4) found.truncated = true
      reached = takeIn(found, edges, one)
    }
  }
  const nodes = await store.readNodes(projectId, [...found.ids])
  return {
    root: root.id,
    nodes: nodes.map(presentNode),
    edges: [...found.edges.values()].map(({ source, target, kind }) => ({ source, target, kind })),
    truncated: found.truncated,
  }
}

interface Found {
  readonly ids: Set<string>
  readonly edges: Map<string, EdgeRow>
  truncated: boolean
}

/** Returns the nodes that are new. An edge to a node that has no place any more is left out with it. */
function takeIn(found: Found, edges: readonly EdgeRow[], direction: Direction): string[] {
  const reached: string[] = []
  for (const edge of edges) {
    const next = direction === 'upstream' ? edge.source : edge.target
    if (!found.ids.has(next)) {
      if (found.ids.size >= lineageLimits.nodes) {
        found.truncated = true
        continue
      }
      found.ids.add(next)
      reached.push(next)
    }
    found.edges.set(`${edge.source}\n${edge.target}`, edge)
  }
  return reached
}

/** @throws DomainError when no node is called so, or several are */
async function findNode(db: Db, projectId: string, called: string): Promise<NodeRow> {
  const store = graphStore(db)
  const exact = await store.findNode(projectId, called)
  if (exact) return exact
  const [prefix, ...rest] = called.split(':')
  const kind = LineageNodeKind.safeParse(prefix)
  const found =
    kind.success && rest.length > 0
      ? await store.nodesCalled(projectId, rest.join(':'), kind.data)
      : await store.nodesCalled(projectId, called, undefined)
  if (found.length === 0) throw fail('lineage.node_not_found', { node: called })
  if (found.length === 1) return found[0]!
  const candidates = found.map(({ id }) => id)
  throw fail(
    'lineage.node_ambiguous',
    { node: called, candidates },
    { why: `"${called}" may be ${candidates.join(', ')}.` },
  )
}

export const presentNode = (row: NodeRow): LineageNode => ({
  id: row.id,
  kind: row.kind,
  namespace: row.namespace,
  name: row.name,
  version: row.version,
  label: row.label,
  state: row.state,
  of: row.of_node,
  origin: row.origin,
  link: row.link,
  firstSeen: row.first_seen.toISOString(),
  lastSeen: row.last_seen.toISOString(),
})
