import { canonicalJson, type OpenLineageEvent } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import type { Db } from '../../platform/db.ts'
import { documentOf } from '../../platform/storable.ts'
import type { OutEvent } from './dialect.ts'
import { graphOf, mergeNodes, type NodeNews } from './graph.ts'
import { graphStore } from './graph-store.ts'
import { lineageStore } from './store.ts'

/** Where nodes of ours are shown in the console. */
export type Links = Readonly<Record<string, string>>

interface Written {
  readonly dedupeKey: string
  readonly event: OpenLineageEvent
  readonly links: Links
}

/** What events share that are written together. */
interface Writing {
  readonly projectId: string
  readonly origin: 'own' | 'received'
  readonly now: Date
}

/** An event of ours and the moment it tells; the same moment is told once. */
export interface OwnEvent {
  readonly key: string
  readonly event: OutEvent
  readonly links?: Links
}

/** Writes events of ours, in their order, and what they add to the graph. The caller has taken its turn. */
export async function writeOwn(tx: Db, projectId: string, events: readonly OwnEvent[], now: Date): Promise<void> {
  const written = events.map(({ key, event, links = {} }) => ({ dedupeKey: key, event: asSent(event), links }))
  await write(tx, { projectId, origin: 'own', now }, written)
}

/** Writes an event of somebody else. Returns its id, also when it was there already. The caller has taken its turn. */
export async function writeReceived(tx: Db, projectId: string, event: OpenLineageEvent, now: Date): Promise<number> {
  const dedupeKey = `sha256:${createHash('sha256').update(canonicalJson(event)).digest('hex')}`
  const ids = await write(tx, { projectId, origin: 'received', now }, [{ dedupeKey, event, links: {} }])
  return ids.get(dedupeKey) ?? (await lineageStore(tx).findEvent(projectId, dedupeKey))!.id
}

/** What is undefined does not survive the JSON, and what we send is what is stored. */
const asSent = (event: OutEvent): OpenLineageEvent => JSON.parse(documentOf(event)) as OpenLineageEvent

/** @returns the ids of those that were not there yet, by the keys that tell them apart */
async function write(tx: Db, writing: Writing, written: readonly Written[]): Promise<ReadonlyMap<string, number>> {
  const rows = written.map(({ dedupeKey, event }) => ({
    dedupe_key: dedupeKey,
    event_type: event.eventType ?? null,
    event_time: event.eventTime,
    job: event.job?.name ?? null,
    run_id: event.run?.runId.toLowerCase() ?? null,
    body: event,
  }))
  const ids = await lineageStore(tx).addEvents(writing, rows)
  const added = written.filter(({ dedupeKey }) => ids.has(dedupeKey))
  const graphs = added.map(({ event, links }) => {
    const { nodes, edges } = graphOf(event)
    const at = new Date(event.eventTime)
    const linkTo = (node: NodeNews) => (writing.origin === 'own' ? (links[node.id] ?? linkOf(node)) : null)
    return { nodes: nodes.map((node) => ({ ...node, at, link: linkTo(node) })), edges }
  })
  const store = graphStore(tx)
  await store.addNodes(writing, mergeNodes(graphs.flatMap(({ nodes }) => nodes)))
  await store.addEdges(
    writing.projectId,
    graphs.flatMap(({ edges }) => edges),
  )
  return ids
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
