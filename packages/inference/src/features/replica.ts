import { type FeatureUpdate, type FeatureViewSpec, latenessMs, type Tile } from '@evenkeel/contract'

/** Values of the features of one view, by name; null is the mean of nothing. */
export type FeatureValues = Readonly<Record<string, number | null>>

/** Columns over the distinct event times of one key, ascending. */
interface Series {
  times: number[]
  counts: number[]
  sums: Record<string, number[]>
}

/** The recent events of one feature view, in memory. */
export class ViewReplica {
  readonly view: string
  readonly version: number
  readonly spec: FeatureViewSpec
  /** The last push that is in here. */
  sequence: number
  newestMs = -Infinity
  readonly #series = new Map<string, Series>()

  constructor({ view, version, sequence, tiles }: FeatureUpdate, spec: FeatureViewSpec) {
    this.view = view
    this.version = version
    this.spec = spec
    this.sequence = sequence
    this.#add(tiles)
  }

  /** Adds the tiles of the next push: events at a time that is here already are added to it. */
  apply({ sequence, tiles }: FeatureUpdate): void {
    this.#add(tiles)
    this.sequence = sequence
  }

  /** Event times before this can no longer be answered, because part of their window is forgotten. */
  get answersFromMs(): number {
    return this.newestMs - latenessMs(this.spec)
  }

  /** The features of a key as of a moment: over the events in (at − from, at − until]. */
  valuesAt(key: string, atMs: number): FeatureValues {
    const { window, features } = this.spec
    const series = this.#series.get(key)
    const from = series ? after(series.times, atMs - window.fromSeconds * 1000) : 0
    const until = series ? after(series.times, atMs - window.untilSeconds * 1000) : 0
    const count = series ? total(series.counts, from, until) : 0
    const values: Record<string, number | null> = {}
    for (const feature of features) {
      if (feature.aggregation === 'count') values[feature.name] = count
      else values[feature.name] = count === 0 ? null : total(series!.sums[feature.measure]!, from, until) / count
    }
    return values
  }

  *tiles(): Generator<Tile> {
    for (const [key, { times, counts, sums }] of this.#series) yield { key, timesMs: times, counts, sums }
  }

  #add(tiles: readonly Tile[]): void {
    for (const tile of tiles) {
      this.newestMs = Math.max(this.newestMs, tile.timesMs.at(-1) ?? -Infinity)
      const series = this.#series.get(tile.key) ?? this.#makeSeries(tile.key)
      tile.timesMs.forEach((timeMs, i) => addAt(series, timeMs, tile, i))
    }
    for (const { key } of tiles) forgetUntil(this.#series.get(key)!, this.#oldestMs, forgottenAtOnce)
  }

  /** Forgets what is too old in all keys, also in those that hear no more news. */
  forgetOld(): void {
    for (const [key, series] of this.#series) {
      forgetUntil(series, this.#oldestMs, 1)
      if (series.times.length === 0) this.#series.delete(key)
    }
  }

  get #oldestMs(): number {
    return this.answersFromMs - this.spec.window.fromSeconds * 1000
  }

  #makeSeries(key: string): Series {
    const series: Series = { times: [], counts: [], sums: {} }
    for (const feature of this.spec.features) if (feature.aggregation === 'mean') series.sums[feature.measure] = []
    this.#series.set(key, series)
    return series
  }
}

function addAt(series: Series, timeMs: number, tile: Tile, i: number): void {
  const at = after(series.times, timeMs)
  const isNew = at === 0 || series.times[at - 1] !== timeMs
  if (isNew) series.times.splice(at, 0, timeMs)
  addTo(series.counts, isNew, at, tile.counts[i]!)
  for (const measure in series.sums) addTo(series.sums[measure]!, isNew, at, tile.sums[measure]?.[i] ?? 0)
}

function addTo(column: number[], isNew: boolean, at: number, value: number): void {
  if (isNew) column.splice(at, 0, value)
  else column[at - 1]! += value
}

// Lets go in large pieces, so that most pushes move nothing.
const forgottenAtOnce = 64

function forgetUntil({ times, counts, sums }: Series, oldestMs: number, atLeast: number): void {
  const old = after(times, oldestMs)
  if (old < atLeast) return
  for (const column of [times, counts, ...Object.values(sums)]) column.splice(0, old)
}

/** Index of the first time after the given one. */
function after(times: readonly number[], timeMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

// A sum, not a difference of running totals: exact for whole numbers either way, and free of cancellation for others.
function total(column: readonly number[], from: number, until: number): number {
  let sum = 0
  for (let i = from; i < until; i++) sum += column[i]!
  return sum
}
