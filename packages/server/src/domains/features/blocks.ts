import type { Tile } from '@evenkeel/contract'
import type { BlockRow, FeaturesStore, SlotRange } from './store.ts'
import { encodePiece, readBlock } from './tile-block.ts'
import { bySlot, emptyTile, eventCountOf, inOrder, tileOutside } from './tiles.ts'
import { slotOf } from './window.ts'

/** The online store of one view: tiles over the packed blocks of the database. */
export interface TileStore {
  /** Adds events to what is there. @param sequence - of the push that brings them */
  add(tiles: readonly Tile[], sequence: number): Promise<void>
  /** Forgets the events of every key in (afterMs, untilMs]. @param sequence - of the push that asks for it */
  clear(afterMs: number, untilMs: number, sequence: number): Promise<void>
  /** One tile per key that has events in these slots, by key. */
  readKeys(ranges: readonly (SlotRange & { readonly key: string })[]): Promise<Tile[]>
  readSlots(range: SlotRange): Promise<Tile[]>
}

/** To append is to rewrite a block, so one that every push were appended to would cost more with each. */
const pushesPerBlock = 64

export function openTiles(
  store: FeaturesStore,
  { projectId, view, measures }: { projectId: string; view: string; measures: readonly string[] },
): TileStore {
  async function add(tiles: readonly Tile[], sequence: number): Promise<void> {
    const part = Math.floor(sequence / pushesPerBlock)
    const blocks = tiles.flatMap(bySlot).map(({ slot, tile }) => ({
      key: tile.key,
      slot,
      part,
      eventCount: eventCountOf(tile),
      data: encodePiece(tile, slot, measures),
    }))
    await store.appendBlocks(projectId, view, blocks)
  }

  /** One tile per key, its times ascending. */
  function join(rows: readonly BlockRow[]): Tile[] {
    return [...Map.groupBy(rows, ({ key }) => key)].map(([key, blocks]) => {
      const tile = emptyTile(key, measures)
      for (const { slot, data } of blocks) readBlock(data, slot, measures, tile)
      return inOrder(tile)
    })
  }

  return {
    add,

    async clear(afterMs, untilMs, sequence) {
      const [firstSlot, lastSlot] = [slotOf(afterMs), slotOf(untilMs)]
      const edges = []
      for (const slot of new Set([firstSlot, lastSlot])) {
        edges.push(...(await store.blocksBetween(projectId, view, { firstSlot: slot, lastSlot: slot })))
      }
      await store.deleteBlocks(projectId, view, { firstSlot, lastSlot })
      const kept = join(edges).map((tile) => tileOutside(tile, afterMs, untilMs))
      await add(
        kept.filter(({ timesMs }) => timesMs.length > 0),
        sequence,
      )
    },

    readKeys: async (ranges) => join(await store.blocksOf(projectId, view, ranges)),
    readSlots: async (range) => join(await store.blocksBetween(projectId, view, range)),
  }
}
