import { featuresErrors, type Tile } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { openTiles } from './blocks.ts'
import { requireEvents } from './checks.ts'
import { measureNames } from './join-sql.ts'
import { featuresStore, type ViewRow } from './store.ts'
import { eventCountOf, type EventColumns, tilesOf } from './tiles.ts'

const fail = failures(featuresErrors)

/** What a write leaves behind. */
interface Head {
  readonly sequence: number
  readonly watermarkMs: number | null
}

/**
 * Reads a view and lets nobody else write to it until the transaction ends.
 *
 * @throws DomainError `features.view_not_found`
 */
export async function lockView(tx: Db, projectId: string, view: string): Promise<ViewRow> {
  const found = await featuresStore(tx).lock(projectId, view)
  if (!found) throw fail('features.view_not_found', { view })
  return found
}

/** Adds a batch of events; one that is there already changes nothing and gets the answer of then. */
export async function addEvents(
  tx: Db,
  { projectId, view, batchId }: { readonly projectId: string; readonly view: string; readonly batchId: string },
  events: EventColumns,
  now: Date,
): Promise<Head & { readonly accepted: number }> {
  const store = featuresStore(tx)
  const found = await lockView(tx, projectId, view)
  const measures = measureNames(found.spec)
  requireEvents(events, measures, now)
  const known = await store.findPush(projectId, view, batchId)
  if (known) return { accepted: known.eventCount, sequence: known.sequence, watermarkMs: found.watermarkMs }

  const tiles = tilesOf(events)
  const accepted = events.keys.length
  const head = { sequence: found.sequence + 1, watermarkMs: newest(found.watermarkMs, tiles) }
  await openTiles(store, { projectId, view, measures }).add(tiles, head.sequence)
  await store.addPush(projectId, view, { sequence: head.sequence, batchId, eventCount: accepted, tiles, at: now })
  await store.setState(projectId, view, { ...head, eventCount: found.eventCount + accepted })
  await store.ring('pushes')
  return { ...head, accepted }
}

interface Replaced {
  readonly projectId: string
  /** Locked by this transaction. */
  readonly view: ViewRow
  /** The events with `afterMs < time <= untilMs`, in epoch milliseconds. */
  readonly span: { readonly afterMs: number; readonly untilMs: number }
}

/** Puts other events in the place of those of a span. */
export async function replaceEvents(
  tx: Db,
  { projectId, view, span }: Replaced,
  parts: AsyncIterable<readonly Tile[]>,
  now: Date,
): Promise<Head & { readonly eventCount: number }> {
  const store = featuresStore(tx)
  const { name } = view
  const tiles = openTiles(store, { projectId, view: name, measures: measureNames(view.spec) })
  const sequence = view.sequence + 1
  if (span.afterMs < span.untilMs) await tiles.clear(span.afterMs, span.untilMs, sequence)
  let eventCount = 0
  let { watermarkMs } = view
  for await (const part of parts) {
    await tiles.add(part, sequence)
    eventCount += part.reduce((sum, tile) => sum + eventCountOf(tile), 0)
    watermarkMs = newest(watermarkMs, part)
  }

  const head = { sequence, watermarkMs }
  await store.addPush(projectId, name, { sequence, batchId: null, eventCount, tiles: null, at: now })
  await store.setState(projectId, name, { ...head, eventCount: await store.countEvents(projectId, name) })
  await store.ring('pushes')
  return { ...head, eventCount }
}

/** Empties the online store of a view. */
export async function forgetEvents(tx: Db, projectId: string, { name, sequence }: ViewRow): Promise<void> {
  const store = featuresStore(tx)
  await store.deleteAllBlocks(projectId, name)
  await store.setState(projectId, name, { sequence, watermarkMs: null, eventCount: 0 })
}

/** The newest event time of the store and of new tiles; null when there is none at all. */
const newest = (watermarkMs: number | null, tiles: readonly Tile[]): number | null =>
  tiles.reduce<number | null>((latest, { timesMs }) => Math.max(latest ?? -Infinity, timesMs.at(-1)!), watermarkMs)
