import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { fileURLToPath } from 'node:url'
import type { FeatureColumn, TreeDataset } from '../../packages/numerics/src/trees/index.ts'

const parquet = fileURLToPath(new URL('../../node_modules/vega-datasets/data/flights-3m.parquet', import.meta.url))

// A flight is late when it left more than 15 minutes behind plan. What is known of an airport two hours ahead: the
// share of late flights, and their number, among those of the six hours before that, by running totals per minute.
const prepare = (keepEvery: number) => `
  create table flight as
    select row_number() over () as id, date, distance, origin, destination, (delay > 15)::int as late
    from '${parquet}' where date < '2001-07-01';
  create table total as
    select origin, ts, sum(n) over w as n, sum(late) over w as late
    from (select origin, date as ts, count(*) as n, sum(late) as late from flight group by all)
    window w as (partition by origin order by ts);
  create table matrix as
    select flight.*, month(date)::int as month, coalesce(a.n, 0) - coalesce(b.n, 0) as departures,
      coalesce(a.late, 0) - coalesce(b.late, 0) as late_departures
    from (select * from flight where date < '2001-02-01' or id % ${keepEvery} = 0) flight
      asof left join total a on flight.origin = a.origin and flight.date - interval 2 hour >= a.ts
      asof left join total b on flight.origin = b.origin and flight.date - interval 6 hour >= b.ts;
  create table airport as
    select name, (row_number() over (order by name) - 1)::int as code
    from (select origin as name from flight union select destination from flight);
  create table sample as
    select month, late::double as late, (hour(date) + minute(date) / 60.0)::double as hour, (isodow(date) - 1)::double as day_of_week,
      distance::double as distance, o.code as origin, d.code as destination,
      case when departures > 0 then late_departures / departures else 'nan'::double end as origin_late_share,
      departures::double as origin_departures
    from matrix join airport o on o.name = origin join airport d on d.name = destination
    order by date, id`

const numerical = ['hour', 'day_of_week', 'distance', 'origin_late_share', 'origin_departures']
const categorical = ['origin', 'destination']

export interface Flights {
  /** `1` is January 2001. */
  month(month: number): Promise<TreeDataset>
  /** Writes everything to one Parquet file, with a column `month`, for a program in another language. */
  writeParquet(path: string): Promise<void>
  [Symbol.dispose](): void
}

/**
 * Flights of the United States in the first half of 2001 with what was known two hours before each.
 *
 * @param keepEvery - keeps all of January, and of later months one row in so many
 */
export async function openFlights(keepEvery: number): Promise<Flights> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  for (const statement of prepare(keepEvery).split(';')) await connection.run(statement)
  const airports = (await connection.runAndReadAll('select name from airport order by code')).getRows()
  const categories = airports.map(([name]) => String(name))
  return {
    month: (month) => readMonth(connection, month, categories),
    writeParquet: async (path) => void (await connection.run(`copy sample to '${path}' (format parquet)`)),
    [Symbol.dispose]() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

async function readMonth(connection: DuckDBConnection, month: number, categories: string[]): Promise<TreeDataset> {
  const names = ['late', ...numerical, ...categorical]
  const result = await connection.run(`select ${names.join(', ')} from sample where month = ${month}`)
  const columns: number[][] = names.map(() => [])
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index)
      for (let row = 0; row < chunk.rowCount; row++) column.push(Number(vector.getItem(row)))
    }
  }
  const byName = new Map(names.map((name, index) => [name, columns[index]!]))
  const features: FeatureColumn[] = [
    ...numerical.map((name) => ({ kind: 'numerical' as const, name, values: Float64Array.from(byName.get(name)!) })),
    ...categorical.map((name) => ({
      kind: 'categorical' as const,
      name,
      codes: Int32Array.from(byName.get(name)!),
      categories,
    })),
  ]
  return { features, labels: Float64Array.from(byName.get('late')!) }
}
