import type { FeatureColumn } from '@evenkeel/numerics'
import type { TrainingSchema } from './schema.ts'
import { count, name, parquet, type Tables, text } from './tables.ts'

/** Columns of one training set; all of the same length. */
export interface TrainingColumns {
  readonly features: readonly FeatureColumn[]
  /** 0 or 1. */
  readonly labels: Float64Array
  /** Epoch milliseconds. */
  readonly eventTimes: Float64Array
}

/** Reads a Parquet file that `build-training-set` wrote; texts become codes inside of DuckDB. */
export async function readTrainingColumns(
  tables: Tables,
  file: string,
  schema: TrainingSchema,
): Promise<TrainingColumns> {
  const source = parquet([file])
  const { rows } = await tables.row(`SELECT num_rows AS rows FROM parquet_file_metadata(${text(file)})`)
  const rowCount = count(rows)
  const features: FeatureColumn[] = []
  const columns: { sql: string; values: Float32Array | Float64Array | Int32Array }[] = []
  for (const [at, feature] of schema.features.entries()) {
    if (feature.kind === 'numerical') {
      const values = floats(rowCount)
      columns.push({ sql: `coalesce(${name(feature.name)}, 'NaN'::FLOAT)`, values })
      features.push({ kind: 'numerical', name: feature.name, values })
    } else {
      const codes = integers(rowCount)
      const categories = await defineCategories(tables, source, feature.name, `category_${at}`)
      const code = `enum_code(CAST(${name(feature.name)} AS category_${at}))`
      columns.push({ sql: `CAST(coalesce(${code}, -1) AS INTEGER)`, values: codes })
      features.push({ kind: 'categorical', name: feature.name, codes, categories })
    }
  }
  const labels = doubles(rowCount)
  const eventTimes = doubles(rowCount)
  columns.push({ sql: 'label', values: labels }, { sql: 'CAST(epoch_ms(event_time) AS DOUBLE)', values: eventTimes })
  await fill(tables, source, columns)
  return { features, labels, eventTimes }
}

/** Makes a type whose codes count the texts of a column in their order. */
async function defineCategories(tables: Tables, source: string, column: string, type: string): Promise<string[]> {
  const values = `SELECT DISTINCT ${name(column)} AS value FROM ${source} WHERE ${name(column)} IS NOT NULL ORDER BY 1`
  const rows = await tables.rows(values)
  await tables.run(`CREATE TYPE ${type} AS ENUM (${values})`)
  return rows.map(({ value }) => String(value))
}

async function fill(
  tables: Tables,
  source: string,
  columns: readonly { readonly sql: string; readonly values: Float32Array | Float64Array | Int32Array }[],
): Promise<void> {
  const result = await tables.stream(`SELECT ${columns.map(({ sql }) => sql).join(', ')} FROM ${source}`)
  let offset = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    // Read once: each time it is a call out of JavaScript.
    const { rowCount } = chunk
    for (const [at, { values }] of columns.entries()) {
      const vector = chunk.getColumnVector(at)
      for (let row = 0; row < rowCount; row++) values[offset + row] = vector.getItem(row) as number
    }
    offset += rowCount
  }
}

// In shared memory the trainer uses them as they are; anything else it copies there.
const floats = (length: number) => new Float32Array(new SharedArrayBuffer(4 * length))
const integers = (length: number) => new Int32Array(new SharedArrayBuffer(4 * length))
const doubles = (length: number) => new Float64Array(new SharedArrayBuffer(8 * length))

/** The rows at these indices, as columns of their own. */
export function pickRows({ features, labels, eventTimes }: TrainingColumns, rows: Int32Array): TrainingColumns {
  const pick = <T extends Float32Array | Float64Array | Int32Array>(values: ArrayLike<number>, into: T): T => {
    for (let at = 0; at < rows.length; at++) into[at] = values[rows[at]!]!
    return into
  }
  return {
    labels: pick(labels, doubles(rows.length)),
    eventTimes: pick(eventTimes, doubles(rows.length)),
    features: features.map((column) => {
      if (column.kind === 'categorical') return { ...column, codes: pick(column.codes, integers(rows.length)) }
      return { ...column, values: pick(column.values, floats(rows.length)) }
    }),
  }
}

/** Indices of the rows for which `keep` holds, ascending. */
export const rowsWhere = (rowCount: number, keep: (row: number) => boolean): Int32Array =>
  Int32Array.from({ length: rowCount }, (_, row) => row).filter(keep)

/** At most `limit` indices at equal distance. */
export function evenRows(rowCount: number, limit: number): Int32Array {
  const length = Math.min(rowCount, limit)
  return Int32Array.from({ length }, (_, at) => Math.floor((at * rowCount) / length))
}
