import {
  type LineageEventView,
  lineageErrors,
  type LineageGraph,
  type LineageNode,
  type LineageNodeKind,
  type OpenLineageEvent,
} from '@evenkeel/contract'
import type { Caller } from '../../platform/auth.ts'
import { failures } from '../../platform/errors.ts'
import { periodic, worker } from '../../platform/jobs.ts'
import { pageOf } from '../../platform/page.ts'
import { createTurns } from '../../platform/turns.ts'
import { askGraph, presentNode } from './ask.ts'
import type { LineageDeps } from './deps.ts'
import { createDialect } from './dialect.ts'
import { facetSchema } from './facet-schemas.ts'
import { createFlowLimit, flow } from './flow-limit.ts'
import { createFollow, followQueue } from './follow.ts'
import { graphStore } from './graph-store.ts'
import { createNaming } from './naming.ts'
import { createPush } from './push/push.ts'
import { createTargets } from './push/targets.ts'
import { lineageSubscriptions } from './sources.ts'
import { type EventFilter, type EventRow, lineageStore } from './store.ts'
import { writeReceived } from './write.ts'

export type { LineageDeps } from './deps.ts'

const fail = failures(lineageErrors)

/** How long after it happened a moment of a run that goes on is told, at most. */
const followSeconds = 10
/** Runs that nobody has looked at for so long are looked at again. */
const sweepAfterMs = 60_000

export type Lineage = ReturnType<typeof createLineage>

/** Tells in OpenLineage what happens here, takes in what happens elsewhere, and answers from both where things come from. */
export function createLineage(deps: LineageDeps) {
  const { db, now } = deps
  const base = () => deps.publicUrl ?? deps.url()
  const naming = createNaming(deps.publicUrl === undefined ? 'localhost' : new URL(deps.publicUrl).host)
  const dialect = createDialect({ version: deps.version, naming, base })
  const follow = createFollow(deps, dialect)
  const uriOf = (digest: string) => `${base()}/api/v1/artifacts/${digest}`
  const limit = createFlowLimit(flow, () => performance.now())
  const turns = createTurns()
  const targets = createTargets(deps)

  async function sweep(): Promise<void> {
    const forgotten = await lineageStore(db).openSince(new Date(now().getTime() - sweepAfterMs))
    for (const { project_id, run_id } of forgotten) await follow(project_id, run_id)
  }

  async function followOpen(): Promise<void> {
    for (const { projectId, runId } of await deps.openRuns(db)) await follow(projectId, runId)
  }

  return {
    targets,

    async receive({ projectId }: Caller, event: OpenLineageEvent): Promise<{ id: string }> {
      if (!limit.take(projectId)) throw fail('lineage.too_many_events', flow)
      const id = await turns(projectId, () =>
        db.transaction().execute(async (tx) => {
          await lineageStore(tx).takeTurn(projectId)
          return writeReceived(tx, projectId, event, now())
        }),
      )
      return { id: String(id) }
    },

    graph: ({ projectId }: Caller, question: Parameters<typeof askGraph>[2]): Promise<LineageGraph> =>
      askGraph(db, projectId, question),

    async nodes(
      { projectId }: Caller,
      { text, kind, limit: most }: { text: string; kind?: LineageNodeKind | undefined; limit: number },
    ): Promise<LineageNode[]> {
      return (await graphStore(db).search(projectId, text, kind, most)).map(presentNode)
    },

    async events(
      { projectId }: Caller,
      { limit: most, cursor, ...filter }: Omit<EventFilter, 'before'> & { limit: number; cursor?: string | undefined },
    ) {
      const before = cursor === undefined ? undefined : Number(cursor)
      const rows = await lineageStore(db).listEvents(projectId, { ...filter, before }, most + 1)
      const { items, nextCursor } = pageOf(rows, most, ({ id }) => id)
      return { items: items.map(presentEvent), nextCursor }
    },

    /** @throws DomainError when no facet of ours has this schema */
    schema(version: string, name: string): Record<string, unknown> {
      const found = facetSchema(base(), version, name)
      if (!found) throw fail('lineage.schema_not_found', { name: `${version}/${name}` })
      return found
    },

    subscriptions: lineageSubscriptions({ deps, dialect, follow, uriOf }),
    jobs: [
      worker(followQueue, ({ projectId, runId }) => follow(projectId, runId)),
      periodic('lineage.follow_open', followSeconds, followOpen),
      periodic('lineage.push', 2, createPush(deps)),
      periodic('lineage.sweep', 60, sweep),
    ],
  }
}

const presentEvent = (row: EventRow): LineageEventView => ({
  id: String(row.id),
  origin: row.origin,
  eventType: row.event_type,
  eventTime: row.event_time.toISOString(),
  job: row.job,
  run: row.run_id,
  receivedAt: row.received_at.toISOString(),
  event: row.body as Record<string, unknown>,
})
