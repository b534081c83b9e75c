import type { Tile } from '@evenkeel/contract'
import type { BlockRow, SlotRange, FeaturesStore } from './store.ts'
import { decodeBlock, encodeBlock } from './tile-block.ts'
import { bySlot, eventCountOf, mergeTiles, tileOutside } from './tiles.ts'
import { slotOf } from './window.ts'

/** The online store of one view: tiles over the packed blocks of the database. */
export interface TileStore {
  /** Adds events to what is there. */
  add(tiles: readonly Tile[]): Promise<void>
  /** Forgets the events of every key in (afterMs, untilMs]. */
  clear(afterMs: number, untilMs: number): Promise<void>
  /** One tile per key that has events in these slots, by key. */
  readKeys(ranges: readonly (SlotRange & { readonly key: string })[]): Promise<Tile[]>
  readSlots(range: SlotRange): Promise<Tile[]>
}

export function openTiles(
  store: FeaturesStore,
  { projectId, view, measures }: { projectId: string; view: string; measures: readonly string[] },
): TileStore {
  const decode = ({ key, slot, data }: BlockRow) => decodeBlock(data, key, slot, measures)

  async function put(parts: readonly { slot: number; tile: Tile }[]): Promise<void> {
    const blocks = parts.map(({ slot, tile }) => ({
      key: tile.key,
      slot,
      eventCount: eventCountOf(tile),
      data: encodeBlock(tile, slot, measures),
    }))
    await store.putBlocks(projectId, view, blocks)
  }

  return {
    async add(tiles) {
      const parts = tiles.flatMap(bySlot)
      const ranges = parts.map(({ slot, tile }) => ({ key: tile.key, firstSlot: slot, lastSlot: slot }))
      const rows = await store.blocksOf(projectId, view, ranges)
      const present = new Map(rows.map((row) => [blockId(row.key, row.slot), row]))
      await put(
        parts.map(({ slot, tile }) => {
          const row = present.get(blockId(tile.key, slot))
          return { slot, tile: row ? mergeTiles(decode(row), tile) : tile }
        }),
      )
    },

    async clear(afterMs, untilMs) {
      const slots = { firstSlot: slotOf(afterMs), lastSlot: slotOf(untilMs) }
      const edges = []
      for (const slot of new Set([slots.firstSlot, slots.lastSlot])) {
        edges.push(...(await store.blocksBetween(projectId, view, { firstSlot: slot, lastSlot: slot })))
      }
      await store.deleteBlocks(projectId, view, slots)
      const kept = edges.map((row) => ({ slot: row.slot, tile: tileOutside(decode(row), afterMs, untilMs) }))
      await put(kept.filter(({ tile }) => tile.timesMs.length > 0))
    },

    readKeys: async (ranges) => joinBlocks(await store.blocksOf(projectId, view, ranges), decode),
    readSlots: async (range) => joinBlocks(await store.blocksBetween(projectId, view, range), decode),
  }
}

const blockId = (key: string, slot: number) => `${slot} ${key}`

/** Blocks by key and slot, so that the times of a key ascend. */
function joinBlocks(rows: readonly BlockRow[], decode: (row: BlockRow) => Tile): Tile[] {
  const byKey = Map.groupBy(rows, ({ key }) => key)
  return [...byKey.values()].map((blocks) => blocks.map(decode).reduce(mergeTiles))
}
