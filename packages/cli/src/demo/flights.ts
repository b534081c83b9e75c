import { DuckDBInstance } from '@duckdb/node-api'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Departures of one calendar month, by departure time. All arrays have the same length. */
export interface Departures {
  readonly timesMs: Float64Array
  readonly late: Uint8Array
  readonly distances: Float64Array
  readonly origins: readonly string[]
  readonly destinations: readonly string[]
}

/** Real US flights, January to June 2001 (US Bureau of Transportation Statistics, as packaged by vega-datasets). */
export interface FlightSource {
  /** Writes one month as a Parquet file, as it left the airline's system. */
  exportMonth(month: number, file: string): Promise<void>
  /** The same month with two real-world faults: one origin in kilometres, and origins lost for 3 % of the rows. */
  exportBrokenMonth(month: number, file: string): Promise<void>
  /** Reads one month's departures in order. */
  departures(month: number): Promise<Departures>
  close(): void
}

export const YEAR = 2001
const monthStart = (month: number) => `'${new Date(Date.UTC(YEAR, month - 1, 1)).toISOString().slice(0, 10)}'`

export async function openFlights(): Promise<FlightSource> {
  const require = createRequire(import.meta.url)
  const parquet = join(dirname(require.resolve('vega-datasets')), '../data/flights-3m.parquet')
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '300MB', threads: '2' })
  const connection = await instance.connect()
  const source = `read_parquet('${parquet.replaceAll("'", "''")}')`
  const rows = (month: number) => `${source} where date >= ${monthStart(month)} and date < ${monthStart(month + 1)}`

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
      const reader = await connection.runAndReadAll(
        `select epoch_ms(date)::double, (delay > 15)::utinyint, distance::double, origin, destination from ${rows(month)}`,
      )
      const [times, late, distances, origins, destinations] = reader.getColumns()
      const names = new Map<string, string>()
      // One string object per airport, not one per flight.
      const intern = (value: unknown) => {
        const text = String(value)
        const known = names.get(text)
        if (known !== undefined) return known
        names.set(text, text)
        return text
      }
      return {
        timesMs: Float64Array.from(times as number[]),
        late: Uint8Array.from(late as number[]),
        distances: Float64Array.from(distances as number[]),
        origins: origins!.map(intern),
        destinations: destinations!.map(intern),
      }
    },
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
