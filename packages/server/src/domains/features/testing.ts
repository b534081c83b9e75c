import type { DatasetVersion, FeatureViewSpec } from '@evenkeel/contract'
import { join } from 'node:path'
import type { BlobStore } from '../../platform/blobs/blob-store.ts'
import { connectDuckDb } from '../../platform/duckdb/testing.ts'
import { textLiteral } from './sql-names.ts'

/** 3,000,000 US flights of the first half of 2001; see `vega-datasets`. */
export const flights = textLiteral(
  join(import.meta.dirname, '../../../../../node_modules/vega-datasets/data/flights-3m.parquet'),
)

/** DuckDB in this process, for a test to say what is right. */
export async function openDuckDb() {
  const connection = await connectDuckDb()
  return {
    run: async (sql: string) => void (await connection.run(sql)),
    async query<Row>(sql: string): Promise<Row[]> {
      return (await connection.runAndReadAll(sql)).getRowObjectsJson() as Row[]
    },
  }
}

/** Stores a Parquet file as the accepted version 1 of a dataset. */
export async function storeVersion(blobs: BlobStore, file: Uint8Array, dataset = 'flights'): Promise<DatasetVersion> {
  const { digest, sizeBytes } = await blobs.put(file)
  return {
    dataset,
    version: 1,
    digest,
    state: 'accepted',
    rowCount: 1,
    sizeBytes,
    columns: [],
    files: [{ path: '0.parquet', digest, sizeBytes }],
    eventTimeMin: null,
    eventTimeMax: null,
    note: '',
    contractVersion: null,
    checks: [],
    createdAt: '2001-01-01T00:00:00Z',
    createdBy: 'test',
  }
}

/** How late the flights of an origin were, 6 to 2 hours before. */
export const originRecent: FeatureViewSpec = {
  description: '',
  entity: 'origin',
  source: {
    dataset: 'flights',
    keyColumn: 'origin',
    eventTimeColumn: 'date',
    measures: { late: 'delay > 15' },
  },
  window: { fromSeconds: 21_600, untilSeconds: 7200 },
  features: [
    { name: 'origin_late_share', aggregation: 'mean', measure: 'late' },
    { name: 'origin_departures', aggregation: 'count' },
  ],
}
