import { sql } from 'kysely'
import type { Db } from './db.ts'

/**
 * Works on a connection that has a name to itself among all servers. When the server dies, the name is free with it.
 *
 * @returns what the work does; undefined while another one has the name
 */
export function exclusively<T>(db: Db, name: string, work: (conn: Db) => Promise<T>): Promise<T | undefined> {
  return db.connection().execute(async (conn) => {
    const { rows } = await sql<{ mine: boolean }>`
      select pg_try_advisory_lock(hashtextextended(${name}, 0)) as mine`.execute(conn)
    if (!rows[0]!.mine) return undefined
    try {
      return await work(conn)
    } finally {
      await sql`select pg_advisory_unlock(hashtextextended(${name}, 0))`.execute(conn)
    }
  })
}
