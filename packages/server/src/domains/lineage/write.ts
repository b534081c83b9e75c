import { canonicalJson, OpenLineageEvent } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { type Db, json } from '../../platform/db.ts'
import type { OutEvent } from './dialect.ts'
import { graphOf, type NodeNews } from './graph.ts'
import { graphStore } from './graph-store.ts'
import { lineageStore } from './store.ts'

/** Where nodes of ours are shown in the console. */
export type Links = Readonly<Record<string, string>>

interface Written {
  readonly projectId: string
  readonly origin: 'own' | 'received'
  readonly dedupeKey: string
  readonly event: OpenLineageEvent
  readonly links: Links
  readonly now: Date
}

/** An event of ours and the moment it tells; the same moment is told once. */
export interface OwnEvent {
  readonly key: string
  readonly event: OutEvent
  readonly links?: Links
}

/** Writes an event of ours and what it adds to the graph. The caller has taken its turn. */
export async function writeOwn(
  tx: Db,
  projectId: string,
  { key, event, links = {} }: OwnEvent,
  now: Date,
): Promise<void> {
  // What is undefined does not survive the JSON, and what we send is what is stored.
  const sent = OpenLineageEvent.parse(JSON.parse(JSON.stringify(event)))
  await write(tx, { projectId, origin: 'own', dedupeKey: key, event: sent, links, now })
}

/** Writes an event of somebody else. Returns its id, also when it was there already. The caller has taken its turn. */
export async function writeReceived(tx: Db, projectId: string, event: OpenLineageEvent, now: Date): Promise<number> {
  const dedupeKey = `sha256:${createHash('sha256').update(canonicalJson(event)).digest('hex')}`
  const id = await write(tx, { projectId, origin: 'received', dedupeKey, event, links: {}, now })
  return id ?? (await lineageStore(tx).findEvent(projectId, dedupeKey))!.id
}

async function write(
  tx: Db,
  { projectId, origin, dedupeKey, event, links, now }: Written,
): Promise<number | undefined> {
  const at = new Date(event.eventTime)
  const id = await lineageStore(tx).addEvent({
    project_id: projectId,
    origin,
    dedupe_key: dedupeKey,
    event_type: event.eventType ?? null,
    event_time: at,
    job: event.job?.name ?? null,
    run_id: event.run?.runId.toLowerCase() ?? null,
    body: json(event),
    received_at: now,
  })
  if (id === undefined) return undefined
  const { nodes, edges } = graphOf(event)
  const withLinks = nodes.map((node) => ({ ...node, link: origin === 'own' ? (links[node.id] ?? linkOf(node)) : null }))
  const learned = { projectId, origin, at, now }
  await graphStore(tx).addNodes(learned, withLinks)
  await graphStore(tx).addEdges(projectId, edges)
  return id
}

/** Models and services say by their names where they are shown. */
function linkOf({ kind, name, version }: NodeNews): string | null {
  const [area, ...rest] = name.split('/')
  const path = encodeURIComponent(rest.join('/'))
  if (kind === 'model_version' && version !== null) return `/models/${path}/versions/${encodeURIComponent(version)}`
  if (kind !== 'dataset' && kind !== 'deployment') return null
  if (area === 'model') return `/models/${path}`
  return area === 'service' ? `/deployments/${path}` : null
}
