import type { FeatureViewSpec, Tile } from '@evenkeel/contract'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import { measureNames, tileSql } from './join-sql.ts'
import { identifier, textLiteral } from './sql-names.ts'
import { slotMs } from './window.ts'

/** How many times of how many keys are held in memory at once. */
const batchTiles = 200_000

interface Span {
  /** Events with `afterMs < time <= untilMs` count; epoch milliseconds. */
  readonly afterMs: number
  readonly untilMs: number
}

interface TileRow {
  readonly key: string
  readonly timesMs: number[]
  readonly counts: number[]
  readonly [sum: `sum${number}`]: number[]
}

/** Reads the events of Parquet files, summed up per key and time, in batches. */
export async function* readTiles(
  queries: QueryEngine,
  spec: FeatureViewSpec,
  paths: readonly string[],
  span: Span,
): AsyncGenerator<Tile[]> {
  if (paths.length === 0) return
  const names = measureNames(spec)
  for (const part of await cutSpan(queries, spec, paths, span)) {
    const sums = names.map((_, index) => `list("_sum${index}" ORDER BY "_ms") AS "sum${index}"`)
    const columns = [
      'list(CAST("_ms" AS DOUBLE) ORDER BY "_ms") AS "timesMs"',
      'list("_count" ORDER BY "_ms") AS counts',
    ]
    const rows = await queries.query<TileRow>(
      `${withTiles(spec, paths, part)} SELECT ${['"_key" AS key', ...columns, ...sums].join(', ')}
       FROM "_tile" GROUP BY "_key"`,
      [],
      { maxRows: 2 * batchTiles },
    )
    yield rows.map(({ key, timesMs, counts, ...row }) => ({
      key,
      timesMs,
      counts,
      sums: Object.fromEntries(names.map((name, index) => [name, row[`sum${index}`]!])),
    }))
  }
}

/** Cuts between slots, into spans that hold about `batchTiles` tiles each. */
async function cutSpan(
  queries: QueryEngine,
  spec: FeatureViewSpec,
  paths: readonly string[],
  span: Span,
): Promise<Span[]> {
  const slots = await queries.query<{ slot: number; count: number }>(
    `${withTiles(spec, paths, span)} SELECT CAST(floor("_ms" / ${slotMs}) AS INTEGER) AS slot, count(*) AS count
     FROM "_tile" GROUP BY slot ORDER BY slot`,
  )
  const parts: Span[] = []
  let { afterMs } = span
  let count = 0
  for (const { slot, count: inSlot } of slots) {
    if (count > 0 && count + inSlot > batchTiles) {
      parts.push({ afterMs, untilMs: slot * slotMs - 1 })
      afterMs = slot * slotMs - 1
      count = 0
    }
    count += inSlot
  }
  return count === 0 ? parts : [...parts, { afterMs, untilMs: span.untilMs }]
}

function withTiles(spec: FeatureViewSpec, paths: readonly string[], { afterMs, untilMs }: Span): string {
  const time = identifier(spec.source.eventTimeColumn)
  // The plain comparison lets DuckDB skip row groups; the exact one is on milliseconds.
  const near = `${time} >= ${timestamp(afterMs)} AND ${time} < ${timestamp(untilMs + 1)}`
  const files = `read_parquet([${paths.map(textLiteral).join(', ')}], union_by_name = true)`
  const exact = `"_ms" > ${afterMs} AND "_ms" <= ${untilMs}`
  return `WITH ${tileSql(spec, `(SELECT * FROM ${files} WHERE ${near})`, exact)}`
}

const timestamp = (timeMs: number) => `make_timestamp_ms(${timeMs})`
