import { type FeatureUpdate, latenessMs } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import type { Bell } from './bell.ts'
import { openTiles } from './blocks.ts'
import { measureNames } from './join-sql.ts'
import { featuresStore, type PushRow, type ViewRow } from './store.ts'
import { tileAfter } from './tiles.ts'
import { slotOf } from './window.ts'

/** For news whose notification was lost together with a connection. */
const pollMs = 1000

interface Cursor {
  readonly version: number
  readonly sequence: number
}

/**
 * Tells a node about views until the signal aborts: a snapshot of each one first, then every push in order. A changed
 * definition, a materialization and a follower that fell too far behind are answered with a snapshot again. A view that
 * is not defined yet is waited for.
 */
export async function* followViews(
  db: Db,
  bell: Bell,
  { projectId, names }: { projectId: string; names: readonly string[] },
  signal: AbortSignal,
): AsyncGenerator<FeatureUpdate> {
  const cursors = new Map<string, Cursor>()
  const waiter = bell.waiter(signal)
  try {
    while (!signal.aborted) {
      for (const view of await featuresStore(db).named(projectId, names)) {
        for (const update of await newsOf(db, projectId, view, cursors.get(view.name))) {
          cursors.set(view.name, update)
          yield update
        }
      }
      await waiter.next(pollMs)
    }
  } finally {
    waiter.stop()
  }
}

async function newsOf(
  db: Db,
  projectId: string,
  { name, version, sequence }: ViewRow,
  cursor: Cursor | undefined,
): Promise<FeatureUpdate[]> {
  if (cursor?.version !== version) return readSnapshot(db, projectId, name)
  if (cursor.sequence === sequence) return []
  const pushes = await featuresStore(db).pushesAfter(projectId, name, cursor.sequence)
  if (!pushes.every(isTold)) return readSnapshot(db, projectId, name)
  return pushes.map((push) => ({ kind: 'delta', view: name, version, spec: null, ...push }))
}

const isTold = (push: PushRow): push is PushRow & { tiles: NonNullable<PushRow['tiles']> } => push.tiles !== null

/** One look at the database, so that the tiles are what they were at that sequence. */
function readSnapshot(db: Db, projectId: string, name: string): Promise<FeatureUpdate[]> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .execute(async (tx) => {
      const store = featuresStore(tx)
      const [view] = await store.named(projectId, [name])
      if (!view) return []
      const { version, sequence, spec, watermarkMs } = view
      const head = { kind: 'snapshot', view: name, version, sequence, spec } as const
      if (watermarkMs === null) return [{ ...head, tiles: [] }]

      const afterMs = watermarkMs - latenessMs(spec) - spec.window.fromSeconds * 1000
      const online = openTiles(store, { projectId, view: name, measures: measureNames(spec) })
      const tiles = await online.readSlots({ firstSlot: slotOf(afterMs), lastSlot: slotOf(watermarkMs) })
      return [{ ...head, tiles: tiles.map((tile) => tileAfter(tile, afterMs)).filter(isNotEmpty) }]
    })
}

const isNotEmpty = ({ timesMs }: FeatureUpdate['tiles'][number]) => timesMs.length > 0
