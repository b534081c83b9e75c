import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

/**
 * DuckDB in this process, for a test to say what is right. It claims address space up to its limit, by default most of
 * the machine's memory, and Linux forks no process that has claimed more than there is.
 */
export async function connectDuckDb(): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '2', memory_limit: '1GB' })
  return instance.connect()
}
