import type { Tile } from '@evenkeel/contract'
import { slotMs } from './window.ts'
import { emptyTile } from './tiles.ts'

/**
 * The events of one key in one slot of six hours, packed for a bytea column. Little-endian, column by column for `n` distinct times:
 * milliseconds since the start of the slot (uint32), counts (uint32), then the sums of each measure (float64), in the order of
 * `measures`.
 */
export function encodeBlock({ timesMs, counts, sums }: Tile, slot: number, measures: readonly string[]): Buffer {
  const length = timesMs.length
  const block = Buffer.alloc(length * rowBytes(measures))
  for (let i = 0; i < length; i++) {
    block.writeUInt32LE(timesMs[i]! - slot * slotMs, i * 4)
    block.writeUInt32LE(counts[i]!, (length + i) * 4)
  }
  for (const [index, name] of measures.entries()) {
    for (let i = 0; i < length; i++) block.writeDoubleLE(sums[name]![i]!, (index + 1) * length * 8 + i * 8)
  }
  return block
}

export function decodeBlock(block: Buffer, key: string, slot: number, measures: readonly string[]): Tile {
  const length = block.length / rowBytes(measures)
  const tile = emptyTile(key, measures)
  for (let i = 0; i < length; i++) {
    tile.timesMs.push(slot * slotMs + block.readUInt32LE(i * 4))
    tile.counts.push(block.readUInt32LE((length + i) * 4))
  }
  for (const [index, name] of measures.entries()) {
    for (let i = 0; i < length; i++) tile.sums[name]!.push(block.readDoubleLE((index + 1) * length * 8 + i * 8))
  }
  return tile
}

const rowBytes = (measures: readonly string[]) => 8 + 8 * measures.length
