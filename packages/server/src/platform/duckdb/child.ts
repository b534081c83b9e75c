import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { EngineSettings, Interrupt, QueryReply, QueryRequest } from './protocol.ts'
import { bind, plainRow } from './values.ts'

/** DuckDB in a process of its own: a query can neither stall the server nor take it down. Started by engine.ts only. */
const { scratchFolder, folders, memoryLimitMb, threads } = JSON.parse(process.argv[2]!) as EngineSettings

const instance = await DuckDBInstance.create(':memory:', {
  memory_limit: `${memoryLimitMb}MB`,
  threads: String(threads),
  temp_directory: scratchFolder,
  // What a query no longer needs goes back to the system, not into a reserve.
  allocator_background_threads: 'true',
  allocator_flush_threshold: '16MB',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
})
const setUp = await instance.connect()
await setUp.run(`set global TimeZone = 'UTC'`)
const quoted = [scratchFolder, ...folders].map((folder) => `'${folder.replaceAll("'", "''")}/'`)
await setUp.run(`set allowed_directories = [${quoted.join(', ')}]`)
// From here on no query reaches anything else, nor changes that.
await setUp.run('set enable_external_access = false')
await setUp.run('set lock_configuration = true')

const running = new Map<number, DuckDBConnection>()

process.on('message', (message: QueryRequest | Interrupt) => {
  if ('interrupt' in message) running.get(message.interrupt)?.interrupt()
  else void answer(message)
})
process.on('disconnect', () => process.exit(0))
process.send!({ ready: true })

async function answer(request: QueryRequest): Promise<void> {
  const { id } = request
  const reply = await execute(request).catch((error: unknown): QueryReply => ({ id, error: (error as Error).message }))
  process.send!(reply)
}

async function execute({ id, sql, params, maxRows }: QueryRequest): Promise<QueryReply> {
  const connection = await instance.connect()
  running.set(id, connection)
  try {
    const { values, types } = bind(params)
    const reader = await connection.streamAndReadUntil(sql, maxRows + 1, values, types)
    if (reader.currentRowCount > maxRows) return { id, tooLarge: true }
    return { id, rows: reader.getRowObjectsJS().map(plainRow) }
  } finally {
    running.delete(id)
    connection.disconnectSync()
  }
}
