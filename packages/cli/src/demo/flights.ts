import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Departures of one calendar month, by departure time. All arrays but `airports` have the same length. */
export interface Departures {
  readonly timesMs: Float64Array
  readonly late: Uint8Array
  /** Miles. */
  readonly distances: Uint16Array
  /** Index into `airports`. */
  readonly origins: Uint16Array
  readonly destinations: Uint16Array
  readonly airports: readonly string[]
}

/** Real US flights, January to June 2001 (US Bureau of Transportation Statistics, as packaged by vega-datasets). */
export interface FlightSource {
  /** Writes one month as a Parquet file, as it left the airline's system. */
  exportMonth(month: number, file: string): Promise<void>
  /** The same month with two real-world faults: one origin in kilometres, and origins lost for 3 % of the rows. */
  exportBrokenMonth(month: number, file: string): Promise<void>
  /** Reads one month's departures in order. */
  departures(month: number): Promise<Departures>
  /** Gives its memory back; once is enough. */
  close(): void
}

export const YEAR = 2001
const monthStart = (month: number) => `'${new Date(Date.UTC(YEAR, month - 1, 1)).toISOString().slice(0, 10)}'`

export async function openFlights(): Promise<FlightSource> {
  const require = createRequire(import.meta.url)
  const parquet = join(dirname(require.resolve('vega-datasets')), '../data/flights-3m.parquet')
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: '200MB',
    threads: '2',
    // What it no longer needs goes back to the system at once.
    allocator_background_threads: 'true',
    allocator_flush_threshold: '16MB',
  })
  const connection = await instance.connect()
  const source = `read_parquet('${parquet.replaceAll("'", "''")}')`
  const rows = (month: number) => `${source} where date >= ${monthStart(month)} and date < ${monthStart(month + 1)}`

  let closed = false
  const airports = await defineAirports(connection, source)

  const write = async (select: string, file: string) => {
    await connection.run(`copy (${select}) to '${file.replaceAll("'", "''")}' (format parquet, compression zstd)`)
  }

  return {
    exportMonth: (month, file) => write(`select date, delay, distance, origin, destination from ${rows(month)}`, file),
    exportBrokenMonth: (month, file) =>
      write(
        `select date, delay,
           (case when origin = 'DEN' then round(distance * 1.609344) else distance end)::bigint as distance,
           case when hash(date, delay, destination) % 100 < 3 then null else origin end as origin, destination
         from ${rows(month)}`,
        file,
      ),
    async departures(month) {
      const rowCount = await countRows(connection, rows(month))
      const columns = {
        timesMs: new Float64Array(rowCount),
        late: new Uint8Array(rowCount),
        distances: new Uint16Array(rowCount),
        origins: new Uint16Array(rowCount),
        destinations: new Uint16Array(rowCount),
      }
      const select = `select epoch_ms(date)::double, (delay > 15)::utinyint, distance::usmallint,
        enum_code(origin::airport)::usmallint, enum_code(destination::airport)::usmallint from ${rows(month)}`
      await fill(connection, select, Object.values(columns))
      return { ...columns, airports }
    },
    close() {
      if (closed) return
      closed = true
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Makes a type whose codes count the airports. */
async function defineAirports(connection: DuckDBConnection, source: string): Promise<string[]> {
  const names = `select origin as name from ${source} union select destination from ${source} order by name`
  await connection.run(`create type airport as enum (${names})`)
  const reader = await connection.runAndReadAll('select unnest(enum_range(null::airport))::varchar')
  return reader.getRows().map(([airport]) => String(airport))
}

async function countRows(connection: DuckDBConnection, rows: string): Promise<number> {
  const reader = await connection.runAndReadAll(`select count(*)::integer from ${rows}`)
  return Number(reader.getRows()[0]![0])
}

/** Reads a query into arrays, a chunk at a time, without an object per row. */
async function fill(
  connection: DuckDBConnection,
  select: string,
  columns: readonly (Float64Array | Uint16Array | Uint8Array)[],
): Promise<void> {
  const result = await connection.stream(select)
  let offset = 0
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const { rowCount } = chunk
    for (const [at, values] of columns.entries()) {
      const vector = chunk.getColumnVector(at)
      for (let row = 0; row < rowCount; row++) values[offset + row] = Number(vector.getItem(row))
    }
    offset += rowCount
  }
}
