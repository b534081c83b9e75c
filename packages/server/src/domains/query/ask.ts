import { type QueryAnswer, queryErrors } from '@evenkeel/contract'
import { Socket } from 'node:net'
import pg from 'pg'
import { failures } from '../../platform/errors.ts'
import { viewSchema } from './define-views.ts'
import { parserFor, typeName } from './cells.ts'
import { unavailable } from './reader.ts'

const fail = failures(queryErrors)

export interface Limits {
  readonly rows: number
  /** Of all that the database sends. */
  readonly bytes: number
  readonly timeoutMs: number
}

type Answered = Omit<QueryAnswer, 'durationMs'>

const connectMs = 5000
const pageRows = 200

/**
 * Asks one SELECT in a read-only transaction, on a connection of its own: nothing that a query could leave behind in a
 * session meets another one. When the signal aborts, the connection is cut, and PostgreSQL ends the query.
 *
 * @throws DomainError `query.failed`, `query.timed_out`, `query.not_available`
 */
export async function ask(url: string, sql: string, limits: Limits, signal: AbortSignal): Promise<Answered> {
  const socket = new Socket()
  const client = new pg.Client({
    connectionString: url,
    stream: () => socket,
    connectionTimeoutMillis: connectMs,
    application_name: 'evenkeel query',
    types: { getTypeParser: parserFor },
  })
  client.on('error', () => socket.destroy())
  const end = cutAt(socket, limits, signal)
  try {
    await client.connect().catch((error: unknown) => {
      throw unavailable(`The role for queries cannot sign in to the database: ${messageOf(error)}.`)
    })
    return await read(client, sql, limits, end)
  } catch (error) {
    throw translate(error, limits, end.why)
  } finally {
    end.done()
    // Rolled back by the end of the connection.
    socket.destroy()
  }
}

type Why = 'bytes' | 'time' | 'client'

/** Cuts the connection when too much or nothing comes, or nobody listens any more. */
function cutAt(socket: Socket, { bytes, timeoutMs }: Limits, signal: AbortSignal) {
  const end = { why: undefined as Why | undefined, done: () => undefined as void }
  const cut = (why: Why) => () => {
    end.why ??= why
    socket.destroy()
  }
  const timer = setTimeout(cut('time'), timeoutMs + connectMs)
  const leave = cut('client')
  signal.addEventListener('abort', leave)
  socket.on('data', () => {
    if (socket.bytesRead > 2 * bytes) cut('bytes')()
  })
  end.done = () => {
    clearTimeout(timer)
    signal.removeEventListener('abort', leave)
  }
  if (signal.aborted) leave()
  return end
}

async function read(client: pg.Client, sql: string, limits: Limits, end: { why: Why | undefined }): Promise<Answered> {
  await prepare(client, limits.timeoutMs)
  // By the extended protocol a text is one statement.
  const declare = { text: `declare answer no scroll cursor for ${sql}\n`, queryMode: 'extended' }
  await client.query(declare)
  const rows: QueryAnswer['rows'] = []
  const socketBytes = () => (client as unknown as { connection: { stream: Socket } }).connection.stream.bytesRead
  for (let columns: QueryAnswer['columns'] = []; ;) {
    const page = await client.query<QueryAnswer['rows'][number]>({
      text: `fetch ${Math.min(pageRows, limits.rows + 1 - rows.length)} from answer`,
      rowMode: 'array',
    })
    columns = page.fields.map(({ name, dataTypeID }) => ({ name, type: typeName(dataTypeID) }))
    rows.push(...page.rows)
    if (rows.length > limits.rows) return { columns, rows: rows.slice(0, limits.rows), truncated: 'rows' }
    if (page.rows.length === 0) return { columns, rows, truncated: null }
    if (socketBytes() > limits.bytes || end.why === 'bytes') return { columns, rows, truncated: 'bytes' }
  }
}

async function prepare(client: pg.Client, timeoutMs: number): Promise<void> {
  // Not every system can tell that a client went away; the timeout holds all the same.
  await client.query('set client_connection_check_interval = 500').catch(() => undefined)
  await client.query('begin isolation level repeatable read read only')
  await client.query(
    `set local statement_timeout = ${timeoutMs}; set local search_path = ${viewSchema}; set local timezone = 'UTC';
     set local standard_conforming_strings = on; set local datestyle = 'ISO'; set local bytea_output = 'hex';
     set local intervalstyle = 'postgres'`,
  )
}

const timedOut = '57014'

function translate(error: unknown, { timeoutMs, bytes }: Limits, why: Why | undefined): unknown {
  if (!(error instanceof pg.DatabaseError)) return why === undefined ? error : cutShort(why, timeoutMs, bytes)
  if (error.code === timedOut) return fail('query.timed_out', { limitMs: timeoutMs })
  const reason = [error.message, error.hint].filter(Boolean).join('. ')
  const position = error.position === undefined ? null : Number(error.position) - prefix.length
  const shown = position !== null && position > 0 ? position : null
  return fail(
    'query.failed',
    { reason, position: shown },
    { why: shown ? `${reason}, at character ${shown}.` : reason },
  )
}

const prefix = 'declare answer no scroll cursor for '

function cutShort(why: Why, limitMs: number, bytes: number): Error {
  if (why === 'time') return fail('query.timed_out', { limitMs })
  const reason = why === 'client' ? 'Nobody waits for the answer any more.' : tooWide(bytes)
  return fail('query.failed', { reason, position: null }, { why: reason })
}

const tooWide = (bytes: number) => `A few rows alone are more than ${bytes} bytes; ask for less of each.`

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
