import type { FeatureViewSpec } from '@evenkeel/contract'
import type { TileStore } from './blocks.ts'
import type { KeysAndTimes } from './checks.ts'
import { measureNames } from './join-sql.ts'
import type { SlotRange } from './store.ts'
import { createReader, emptyTile } from './tiles.ts'
import { slotOf, type Window, windowAt } from './window.ts'

/** Feature name to one value per row, in the order of the rows. */
export type OnlineValues = Record<string, (number | null)[]>

/** Computes the features of each key as of its event time from the tiles that its window touches. */
export async function readOnline(tiles: TileStore, spec: FeatureViewSpec, rows: KeysAndTimes): Promise<OnlineValues> {
  const { keys, eventTimesMs } = rows
  const found = await tiles.readKeys(slotsPerKey(rows, spec.window))
  const readers = new Map(found.map((tile) => [tile.key, createReader(tile)]))
  const none = createReader(emptyTile('', measureNames(spec)))
  return Object.fromEntries(
    spec.features.map((feature) => [
      feature.name,
      keys.map((key, row) => (readers.get(key) ?? none)(feature, spec.window, eventTimesMs[row]!)),
    ]),
  )
}

/** One range of slots per key, wide enough for all of its rows. */
function slotsPerKey({ keys, eventTimesMs }: KeysAndTimes, window: Window): (SlotRange & { readonly key: string })[] {
  const ranges = new Map<string, { key: string; firstSlot: number; lastSlot: number }>()
  for (const [row, key] of keys.entries()) {
    const { afterMs, untilMs } = windowAt(eventTimesMs[row]!, window)
    const known = ranges.get(key)
    const firstSlot = Math.min(known?.firstSlot ?? Infinity, slotOf(afterMs))
    const lastSlot = Math.max(known?.lastSlot ?? -Infinity, slotOf(untilMs))
    ranges.set(key, { key, firstSlot, lastSlot })
  }
  return [...ranges.values()]
}
