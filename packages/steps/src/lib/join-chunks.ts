import { count, moment, type Tables } from './tables.ts'

/** Rows of `example` that are joined together, and the event times they can have anything to do with. */
export interface JoinChunk {
  /** SQL condition on `rowid`. */
  readonly rows: string
  /** SQL moments, both included. */
  readonly from: string
  readonly until: string
}

/** A join holds and sorts its events in memory. */
const eventsPerChunk = 200_000

/**
 * Cuts the table `example` into chunks that need few of the events in `source` each. It is one chunk when the rows are
 * not in the order of time, or the window is so long that chunks would read most events again and again.
 *
 * @param windowSeconds - how far before its event time a row looks
 */
export async function joinChunks(tables: Tables, windowSeconds: number): Promise<JoinChunk[]> {
  const { events, rows } = await tables.row(
    'SELECT (SELECT count(*) FROM source) AS events, (SELECT count(*) FROM example) AS rows',
  )
  const chunkCount = Math.max(1, Math.ceil(count(events) / eventsPerChunk))
  const chunks = await cut(tables, Math.max(1, Math.ceil(count(rows) / chunkCount)), windowSeconds)
  const whole = await cut(tables, Math.max(1, count(rows)), windowSeconds)
  return lengthMs(chunks) <= 1.5 * lengthMs(whole) ? chunks.map(toSql) : whole.map(toSql)
}

interface Cut {
  readonly first: number
  readonly after: number
  readonly fromMs: number
  readonly untilMs: number
}

async function cut(tables: Tables, rowsPerChunk: number, windowSeconds: number): Promise<Cut[]> {
  const chunks = await tables.rows(
    `SELECT min(rowid) AS first, max(rowid) + 1 AS after,
       epoch_ms(min(event_time)) AS earliest, epoch_ms(max(event_time)) AS latest
     FROM example GROUP BY rowid // ${rowsPerChunk} ORDER BY 1`,
  )
  return chunks.map(({ first, after, earliest, latest }) => ({
    first: count(first),
    after: count(after),
    fromMs: count(earliest) - windowSeconds * 1000,
    untilMs: count(latest),
  }))
}

const lengthMs = (chunks: readonly Cut[]): number =>
  chunks.reduce((sum, { fromMs, untilMs }) => sum + untilMs - fromMs, 0)

const toSql = ({ first, after, fromMs, untilMs }: Cut): JoinChunk => ({
  rows: `rowid >= ${first} AND rowid < ${after}`,
  from: moment(new Date(fromMs).toISOString()),
  until: moment(new Date(untilMs + 1).toISOString()),
})
