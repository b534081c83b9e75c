import { createClient } from '@evenkeel/client'
import { type DataContract, datasets as endpoints } from '@evenkeel/contract'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectDuckDb } from '../../platform/duckdb/testing.ts'
import { startWorld, type World } from '../../testing.ts'
import { datasetsRoutes } from './routes.ts'
import { createDatasets, type Datasets } from './service.ts'
import { textLiteral } from './sql-names.ts'

/** 3,000,000 US flights of the first half of 2001; see `vega-datasets`. */
export const flights = textLiteral(
  join(import.meta.dirname, '../../../../../node_modules/vega-datasets/data/flights-3m.parquet'),
)

let tables = 0

/** The rows of a query of DuckDB as a Parquet file. */
export async function parquetOf(sql: string): Promise<Uint8Array> {
  const path = join(tmpdir(), `evenkeel-table-${process.pid}-${tables++}.parquet`)
  const connection = await connectDuckDb()
  await connection.run(`COPY (${sql}) TO ${textLiteral(path)} (FORMAT parquet)`)
  connection.disconnectSync()
  const file = await readFile(path)
  await rm(path)
  return file
}

/** A server with nothing but datasets. */
export async function startDatasets() {
  let datasets: Datasets | undefined
  const world: World = await startWorld({
    domains: (platform) => {
      const created = createDatasets({ ...platform, now: () => new Date() })
      datasets = created
      return [{ routes: (app) => datasetsRoutes(app, created), jobs: created.jobs }]
    },
  })
  const client = createClient(endpoints, world.clientOptions())

  return {
    world,
    client,
    datasets: datasets!,
    addParquet: async (dataset: string, sql: string) =>
      client.addVersion({ params: { dataset }, fields: {}, file: await parquetOf(sql) }),
    addCsv: (dataset: string, text: string | Uint8Array) =>
      client.addVersion({ params: { dataset }, fields: { format: 'csv' }, file: Buffer.from(text) }),
    putContract: (dataset: string, contract: Partial<DataContract>) =>
      client.putContract({ params: { dataset }, body: { eventTimeColumn: 'date', rules: [], ...contract } }),
  }
}
