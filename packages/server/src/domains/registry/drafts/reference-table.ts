import { type Field, importLimits, type ReferenceSource } from '@evenkeel/contract'
import type { FeatureColumn } from '@evenkeel/numerics'
import type { QueryEngine } from '../../../platform/duckdb/engine.ts'
import { DomainError } from '../../../platform/errors.ts'
import { refuse } from './sample.ts'

/** The files of a reference, as DuckDB reads them. */
export interface ReferenceFiles {
  readonly paths: readonly string[]
  readonly format: Extract<ReferenceSource, { kind: 'file' }>['format']
}

export interface ReferenceColumns {
  readonly rowCount: number
  /** Rows that were drawn. */
  readonly sampledCount: number
  readonly columns: readonly FeatureColumn[]
}

/** One value per row that a model takes, by the name that nodes record it under. */
export interface Slot {
  readonly feature: string
  readonly datatype: Field['datatype']
}

interface Wanted extends Slot {
  /** The column that holds its values. */
  readonly column: string
}

interface Described {
  readonly column_name: string
  readonly column_type: string
}

const readers = {
  // The model says what is a number: guessed, the category "007" would be 7, and "inf" a date.
  csv: (paths: string) => `read_csv(${paths}, header = true, all_varchar = true, union_by_name = true)`,
  parquet: (paths: string) => `read_parquet(${paths}, union_by_name = true)`,
  json: (paths: string) => `read_json(${paths}, sample_size = -1, union_by_name = true)`,
} as const

const text = (value: string) => `'${value.replaceAll("'", "''")}'`
const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

/**
 * Draws rows of a reference, and reads the columns of these slots: by name, or by position when no name fits and there
 * are just as many.
 *
 * @throws DomainError `registry.bad_sample` for a file that cannot be read, and a column that is missing or of another type
 */
export async function readReference(
  queries: QueryEngine,
  { paths, format }: ReferenceFiles,
  slots: readonly Slot[],
): Promise<ReferenceColumns> {
  const table = readers[format](`[${paths.map(text).join(', ')}]`)
  const described = await readable(queries.query<Described>(`describe from ${table}`))
  const wanted = columnsFor(slots, described)
  const rowCount = await countRows(queries, table, wanted)
  const columns = await readColumns(queries, table, wanted)
  return { rowCount, sampledCount: lengthOf(columns[0]!), columns }
}

export const lengthOf = (column: FeatureColumn): number =>
  column.kind === 'numerical' ? column.values.length : column.codes.length

const isText = ({ datatype }: Slot) => datatype === 'BYTES' || datatype === 'BOOL'

function columnsFor(slots: readonly Slot[], described: readonly Described[]): Wanted[] {
  const found = slots.map(({ feature }) => named(described, feature))
  const byPosition = found.every((column) => column === undefined) && described.length === slots.length
  return slots.map((slot, at) => {
    const column = byPosition ? described[at] : found[at]
    if (!column) throw refuse(null, slot.feature, noColumn(described))
    const why = whyNotColumn(slot, column.column_type)
    if (why !== undefined) throw refuse(null, slot.feature, why)
    return { ...slot, column: column.column_name }
  })
}

const named = (described: readonly Described[], name: string) =>
  described.find(({ column_name: other }) => other === name) ??
  described.find(({ column_name: other }) => other.toLowerCase() === name.toLowerCase())

const noColumn = (described: readonly Described[]) =>
  `There is no such column; the columns are ${described
    .slice(0, 30)
    .map(({ column_name: name }) => name)
    .join(', ')}.`

function whyNotColumn({ datatype }: Slot, type: string): string | undefined {
  if (/^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(.*|BOOLEAN|VARCHAR)$/.test(type)) return undefined
  const better = datatype === 'BYTES' ? 'text' : 'numbers'
  return `The column is ${type}, and the input is ${datatype}; write it as ${better}.`
}

/** Texts of truth values are 1 and 0, as pandas writes them in CSV. */
const numberIn = (column: string) =>
  `case lower(trim(${quoted(column)}::varchar)) when 'true' then 1 when 'false' then 0 else try_cast(${quoted(column)} as double) end`

/** Counts rows, and finds the first column with a value that is none for its input. */
async function countRows(queries: QueryEngine, table: string, wanted: readonly Wanted[]): Promise<number> {
  const numbers = wanted.filter((slot) => !isText(slot))
  const counts = numbers.map(({ column }, at) => {
    const value = numberIn(column)
    const isBad = `${quoted(column)} is not null and (${value} is null or isinf(${value}))`
    return `count(*) filter (where ${isBad}) as bad${at}, any_value(${quoted(column)}::varchar) filter (where ${isBad}) as example${at}`
  })
  const [row] = await readable(
    queries.query<Record<string, number | string>>(
      `select ${['count(*) as row_count', ...counts].join(', ')} from ${table}`,
    ),
  )
  const rowCount = Number(row!['row_count'])
  if (rowCount === 0) throw refuse(null, null, 'The file has no rows.')
  for (const [at, { feature, datatype }] of numbers.entries()) {
    const count = Number(row![`bad${at}`])
    if (count === 0) continue
    const example = JSON.stringify(row![`example${at}`])
    const why = `${count} of ${rowCount} rows hold no finite number, such as ${example}; the input is ${datatype}.`
    throw refuse(null, feature, why)
  }
  return rowCount
}

/** Each column as one list: far cheaper to hand over than rows. */
async function readColumns(queries: QueryEngine, table: string, wanted: readonly Wanted[]): Promise<FeatureColumn[]> {
  const lists = wanted.map((slot, at) => {
    const { column } = slot
    const value = isText(slot) ? `${quoted(column)}::varchar` : numberIn(column)
    return `list(${value}) as column${at}`
  })
  const drawn = `(from ${table} using sample reservoir(${importLimits.referenceRows} rows) repeatable (42))`
  const [row] = await readable(
    queries.query<Record<string, (number | string | null)[]>>(`select ${lists.join(', ')} from ${drawn}`),
  )
  return wanted.map((slot, at) => columnOf(slot, row![`column${at}`]!))
}

function columnOf(slot: Slot, values: readonly (number | string | null)[]): FeatureColumn {
  const name = slot.feature
  if (!isText(slot)) {
    const known = Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value)))
    return { kind: 'numerical', name, values: known }
  }
  const codes = new Map<string, number>()
  const codeOf = (value: string) => codes.get(value) ?? codes.set(value, codes.size).get(value)!
  const found = Int32Array.from(values, (value) => (value === null ? -1 : codeOf(String(value))))
  return { kind: 'categorical', name, codes: found, categories: [...codes.keys()] }
}

/** Translates what DuckDB says of a file. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof DomainError) || !error.code.startsWith('platform.query_')) throw error
    // The path of a file of ours tells nobody anything.
    const reason = error.why.split('\n')[0]!.replaceAll(/"?\/[^\s"]*\/([0-9a-f]+)"?/g, 'the file')
    throw refuse(null, null, `The file cannot be read as a table: ${reason}`)
  }
}
