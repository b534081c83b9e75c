import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from './database.gen.ts'

export type { Database } from './database.gen.ts'

/** A connection or an open transaction; a store does not care which. */
export type Db = Kysely<Database>

/** The oldest PostgreSQL that the migrations are written for. */
const oldestMajor = 15

/** Opens a pool. @throws Error when the server does not answer, or is older than PostgreSQL 15. */
export async function openDatabase(url: string, { maxConnections = 12 } = {}): Promise<Db> {
  const pool = new pg.Pool({
    connectionString: url,
    max: maxConnections,
    connectionTimeoutMillis: 5000,
    application_name: 'evenkeel',
    types: { getTypeParser: parserFor },
  })
  // Without listeners, a connection that breaks while nothing runs on it, idle or inside a transaction, ends the whole
  // process. The pool opens a new one by itself, and the next statement of the transaction fails.
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    await requireVersion(pool)
  } catch (error) {
    await pool.end()
    throw error
  }
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
}

async function requireVersion(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ server_version: string }>('show server_version')
  const version = rows[0]!.server_version
  if (Number.parseInt(version, 10) >= oldestMajor) return
  throw new Error(
    `The database is PostgreSQL ${version}, and Evenkeel needs ${oldestMajor} or later. ` +
      'Point EVENKEEL_DATABASE_URL at a newer server, or unset it to use the one that Evenkeel brings.',
  )
}

function parserFor(...[oid, format]: Parameters<typeof pg.types.getTypeParser>) {
  if (oid === pg.types.builtins.INT8) return parseInt8
  return oid === pg.types.builtins.TIMESTAMPTZ ? parseMoment : pg.types.getTypeParser(oid, format)
}

const parseAnyMoment = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)

/** What a server in UTC writes is nearly ISO 8601, which V8 reads many times as fast as the general form. */
function parseMoment(text: string): unknown {
  if (!text.endsWith('+00') || text[10] !== ' ') return parseAnyMoment(text)
  return new Date(`${text.slice(0, 10)}T${text.slice(11, -3)}Z`)
}

/** @throws RangeError past 2^53, where a number would silently become another one */
function parseInt8(text: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value)) return value
  throw new RangeError(`The bigint ${text} does not fit a number; keep such a column as numeric or text.`)
}

/** A value for a jsonb column. Passed as it is, an array would become a PostgreSQL array. */
export const json = (value: unknown): string => JSON.stringify(value)
