import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

let instance: Promise<DuckDBInstance> | undefined
let databases = 0

/**
 * An empty database of the DuckDB in this process, for a test to say what is right. There is one DuckDB for all files of
 * a worker: each claims most of the machine's address space, and Linux forks no process that has claimed more than there is.
 */
export async function connectDuckDb(): Promise<DuckDBConnection> {
  instance ??= DuckDBInstance.create(':memory:', { threads: '2' })
  const connection = await (await instance).connect()
  const database = `database_${databases++}`
  await connection.run(`ATTACH ':memory:' AS ${database}`)
  await connection.run(`USE ${database}`)
  return connection
}
