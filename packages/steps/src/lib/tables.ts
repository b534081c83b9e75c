import { DuckDBInstance, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api'
import { tmpdir } from 'node:os'

/** A DuckDB of this process, in memory, that spills to the scratch folder of the step. */
export interface Tables {
  run(sql: string): Promise<void>
  /** Rows as objects; for few rows only. */
  rows(sql: string): Promise<Record<string, DuckDBValue>[]>
  /** The first row. */
  row(sql: string): Promise<Record<string, DuckDBValue>>
  /** Chunk by chunk, for many rows. */
  stream(sql: string): Promise<DuckDBResult>
  close(): void
}

const limits = {
  memory_limit: '250MB',
  threads: '2',
  // What a query no longer needs goes back to the system, not into a reserve.
  allocator_background_threads: 'true',
  allocator_flush_threshold: '16MB',
}

export async function openTables(): Promise<Tables> {
  const instance = await DuckDBInstance.create(':memory:', { ...limits, temp_directory: tmpdir() })
  const connection = await instance.connect()
  const rows = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjects()
  return {
    run: async (sql) => void (await connection.run(sql)),
    rows,
    row: async (sql) => (await rows(sql))[0]!,
    stream: (sql) => connection.stream(sql),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

/** Quotes a name. */
export const name = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Quotes a text. */
export const text = (value: string): string => `'${value.replaceAll("'", "''")}'`

/** A moment in UTC, as a timestamp without a zone. */
export const moment = (iso: string): string => `TIMESTAMP ${text(new Date(iso).toISOString().slice(0, -1))}`

/** The rows of Parquet files, in their order; columns go by their names. */
export const parquet = (files: readonly string[]): string =>
  `read_parquet([${files.map(text).join(', ')}], union_by_name = true)`

/** A whole number that DuckDB gives as bigint. */
export const count = (value: DuckDBValue | undefined): number => Number(value)
