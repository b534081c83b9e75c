import type { Tile } from '@evenkeel/contract'
import { slotMs } from './window.ts'

const headerBytes = 8

/**
 * Packs the events of one key in one slot (a UTC day) as a piece of a bytea column: to add events to a block is to append
 * another piece, without reading it. A header of two big-endian uint32: the number `n` of distinct times, and where
 * in the slot the piece starts, in milliseconds. Then, little-endian and column by column: milliseconds since that start
 * (uint32), counts (uint32), and the sums of each measure (float64), in the order of `measures`.
 */
export function encodePiece({ timesMs, counts, sums }: Tile, slot: number, measures: readonly string[]): Buffer {
  const length = timesMs.length
  const piece = Buffer.alloc(headerBytes + length * rowBytes(measures))
  piece.writeUInt32BE(length, 0)
  for (let i = 0; i < length; i++) {
    piece.writeUInt32LE(timesMs[i]! - slot * slotMs, headerBytes + i * 4)
    piece.writeUInt32LE(counts[i]!, headerBytes + (length + i) * 4)
  }
  for (const [index, name] of measures.entries()) {
    const start = headerBytes + (index + 1) * length * 8
    for (let i = 0; i < length; i++) piece.writeDoubleLE(sums[name]![i]!, start + i * 8)
  }
  return piece
}

/** Appends the pieces of a block to a tile, as they come: times may come twice, and out of order. */
export function readBlock(block: Buffer, slot: number, measures: readonly string[], tile: Tile): void {
  for (let at = 0; at < block.length;) {
    const length = block.readUInt32BE(at)
    const startMs = slot * slotMs + block.readUInt32BE(at + 4)
    const end = at + headerBytes + length * rowBytes(measures)
    readPiece(block.subarray(at + headerBytes, end), startMs, measures, tile)
    at = end
  }
}

function readPiece(rows: Buffer, startMs: number, measures: readonly string[], tile: Tile): void {
  const length = rows.length / rowBytes(measures)
  for (let i = 0; i < length; i++) {
    tile.timesMs.push(startMs + rows.readUInt32LE(i * 4))
    tile.counts.push(rows.readUInt32LE((length + i) * 4))
  }
  for (const [index, name] of measures.entries()) {
    for (let i = 0; i < length; i++) tile.sums[name]!.push(rows.readDoubleLE((index + 1) * length * 8 + i * 8))
  }
}

const rowBytes = (measures: readonly string[]) => 8 + 8 * measures.length
