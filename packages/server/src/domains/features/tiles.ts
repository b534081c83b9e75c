import type { Feature, Tile } from '@evenkeel/contract'
import { toGrid } from './grid.ts'
import { countUntil, slotOf, type Window, windowAt } from './window.ts'

/** Events as a client sends them: columns of one length. */
export interface EventColumns {
  readonly keys: readonly string[]
  readonly eventTimesMs: readonly number[]
  readonly measures: Readonly<Record<string, readonly number[]>>
}

/** Sums events up per key and time, in any order they come. */
export function tilesOf({ keys, eventTimesMs, measures }: EventColumns): Tile[] {
  const names = Object.keys(measures)
  const rowsByKey = Map.groupBy(eventTimesMs.keys(), (row) => keys[row]!)
  return [...rowsByKey].map(([key, rows]) => {
    const tile = emptyTile(key, names)
    for (const row of rows.sort((a, b) => eventTimesMs[a]! - eventTimesMs[b]!)) {
      append(tile, eventTimesMs[row]!, 1, (name) => toGrid(measures[name]![row]!))
    }
    return tile
  })
}

/** Adds two tiles of one key: what both have at the same time is summed. */
export function mergeTiles(a: Tile, b: Tile): Tile {
  const merged = emptyTile(a.key, Object.keys(a.sums))
  let i = 0
  let j = 0
  while (i < a.timesMs.length || j < b.timesMs.length) {
    const [from, index] = (a.timesMs[i] ?? Infinity) <= (b.timesMs[j] ?? Infinity) ? [a, i++] : [b, j++]
    append(merged, from.timesMs[index]!, from.counts[index]!, (name) => from.sums[name]![index]!)
  }
  return merged
}

/** The same events by time, and one position per time. */
export function inOrder(tile: Tile): Tile {
  if (tile.timesMs.every((timeMs, i) => i === 0 || timeMs > tile.timesMs[i - 1]!)) return tile
  const ordered = emptyTile(tile.key, Object.keys(tile.sums))
  const rows = [...tile.timesMs.keys()].sort((a, b) => tile.timesMs[a]! - tile.timesMs[b]!)
  for (const row of rows) append(ordered, tile.timesMs[row]!, tile.counts[row]!, (name) => tile.sums[name]![row]!)
  return ordered
}

function append({ timesMs, counts, sums }: Tile, timeMs: number, count: number, sumOf: (name: string) => number): void {
  const last = timesMs.length - 1
  if (timesMs[last] === timeMs) {
    counts[last]! += count
    for (const name in sums) sums[name]![last]! += sumOf(name)
    return
  }
  timesMs.push(timeMs)
  counts.push(count)
  for (const name in sums) sums[name]!.push(sumOf(name))
}

export const emptyTile = (key: string, measures: readonly string[]): Tile => ({
  key,
  timesMs: [],
  counts: [],
  sums: Object.fromEntries(measures.map((name) => [name, []])),
})

/** The positions `from` to `until` (exclusive) of a tile. */
export const sliceTile = ({ key, timesMs, counts, sums }: Tile, from: number, until: number): Tile => ({
  key,
  timesMs: timesMs.slice(from, until),
  counts: counts.slice(from, until),
  sums: Object.fromEntries(Object.entries(sums).map(([name, values]) => [name, values.slice(from, until)])),
})

/** A tile with the events after `afterMs` only. */
export const tileAfter = (tile: Tile, afterMs: number): Tile =>
  sliceTile(tile, countUntil(tile.timesMs, afterMs), tile.timesMs.length)

/** A tile without the events in (afterMs, untilMs]. */
export function tileOutside(tile: Tile, afterMs: number, untilMs: number): Tile {
  return mergeTiles(
    sliceTile(tile, 0, countUntil(tile.timesMs, afterMs)),
    sliceTile(tile, countUntil(tile.timesMs, untilMs), tile.timesMs.length),
  )
}

/** Cuts a tile into slots. */
export function bySlot(tile: Tile): { readonly slot: number; readonly tile: Tile }[] {
  const slots = Map.groupBy(tile.timesMs.keys(), (index) => slotOf(tile.timesMs[index]!))
  return [...slots].map(([slot, rows]) => ({ slot, tile: sliceTile(tile, rows[0]!, rows.at(-1)! + 1) }))
}

export const eventCountOf = ({ counts }: Tile): number => counts.reduce((sum, count) => sum + count, 0)

/** Answers what a feature is at any time, in logarithmic time. */
export function createReader({
  timesMs,
  counts,
  sums,
}: Tile): (feature: Feature, window: Window, timeMs: number) => number | null {
  const countTotals = runningTotals(counts)
  const sumTotals = new Map(Object.entries(sums).map(([name, values]) => [name, runningTotals(values)]))

  return (feature, window, timeMs) => {
    const { afterMs, untilMs } = windowAt(timeMs, window)
    const from = countUntil(timesMs, afterMs)
    const until = countUntil(timesMs, untilMs)
    const count = countTotals[until]! - countTotals[from]!
    if (feature.aggregation === 'count') return count
    const totals = sumTotals.get(feature.measure)!
    return count === 0 ? null : (totals[until]! - totals[from]!) / count
  }
}

/** `totals[i]` is the sum of the first `i` values. */
function runningTotals(values: readonly number[]): Float64Array {
  const totals = new Float64Array(values.length + 1)
  for (let i = 0; i < values.length; i++) totals[i + 1] = totals[i]! + values[i]!
  return totals
}
