import { queryErrors } from '@evenkeel/contract'
import { sql } from 'kysely'
import { createHash, randomBytes } from 'node:crypto'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { viewSchema } from './define-views.ts'

const fail = failures(queryErrors)

export interface ReaderDeps {
  readonly db: Db
  /** The connection string of `db`. */
  readonly url: string
  /** Of a role that somebody made for queries; undefined: the server makes its own. */
  readonly queryDatabaseUrl: string | undefined
}

/**
 * Finds the role that reads the views of a project, and makes it where there is none. It signs in by itself: a role that
 * is only put on (`SET ROLE`) could be taken off again within a query.
 *
 * @returns the connection string of the role
 * @throws DomainError `query.not_available`
 */
export async function openReader(deps: ReaderDeps, projectId: string): Promise<string> {
  const { db, queryDatabaseUrl: given } = deps
  const role = given === undefined ? await roleName(db, projectId) : decodeURIComponent(new URL(given).username)
  const password = await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('evenkeel.query'))`.execute(tx)
    const known = await claim(tx, projectId, role, given === undefined)
    if (known !== null) await makeRole(tx, role, known)
    await letRead(tx, role)
    await requireHarmless(tx, role)
    return known
  })
  return given ?? urlOf(deps.url, role, password!)
}

/** Roles are of the whole server, which may hold several databases of ours. */
async function roleName(db: Db, projectId: string): Promise<string> {
  const { rows } = await sql<{ name: string }>`select current_database() as name`.execute(db)
  return `evenkeel_query_${createHash('sha256').update(`${rows[0]!.name}/${projectId}`).digest('hex').slice(0, 16)}`
}

/** @returns the password of the role; null when the role is not ours */
async function claim(tx: Db, projectId: string, role: string, isOurs: boolean): Promise<string | null> {
  const readers = tx.$pickTables<'query.reader'>()
  const found = await readers.selectFrom('query.reader').selectAll().where('role', '=', role).executeTakeFirst()
  if (found && found.project_id !== projectId) {
    throw unavailable(`The role "${role}" of EVENKEEL_QUERY_DATABASE_URL reads another project already.`)
  }
  if (found) return found.password
  const password = isOurs ? randomBytes(24).toString('hex') : null
  await readers.deleteFrom('query.reader').where('project_id', '=', projectId).execute()
  await readers.insertInto('query.reader').values({ role, project_id: projectId, password }).execute()
  return password
}

/** What was restored from a backup finds no role, or one with another password. Both are made by us: nothing to quote. */
async function makeRole(tx: Db, role: string, password: string): Promise<void> {
  const { rows } = await sql`select 1 from pg_roles where rolname = ${role}`.execute(tx)
  const verb = rows.length > 0 ? 'alter' : 'create'
  await sql
    .raw(`${verb} role "${role}" login noinherit connection limit 20 password '${password}'`)
    .execute(tx)
    .catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      throw unavailable(`The user of EVENKEEL_DATABASE_URL cannot make a role for queries: ${reason}.`)
    })
}

async function letRead(tx: Db, role: string): Promise<void> {
  const name = sql.id(role)
  await sql`grant usage on schema ${sql.id(viewSchema)} to ${name}`.execute(tx).catch((error: unknown) => {
    throw unavailable(`The role "${role}" cannot be used: ${error instanceof Error ? error.message : String(error)}.`)
  })
  await sql`grant select on all tables in schema ${sql.id(viewSchema)} to ${name}`.execute(tx)
}

/** A role that may do more than read the views is not used, whoever made it. */
async function requireHarmless(tx: Db, role: string): Promise<void> {
  const { rows } = await sql<{ reason: string }>`
    select 'it is a superuser, or may make roles or databases' as reason from pg_roles
      where rolname = ${role} and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)
    union all
    select 'it is a member of ' || g.rolname from pg_auth_members m join pg_roles g on g.oid = m.roleid
      join pg_roles r on r.oid = m.member where r.rolname = ${role}
    union all
    (select 'it may read or write ' || c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', ${viewSchema})
        and has_schema_privilege(${role}, n.oid, 'usage')
        and has_table_privilege(${role}, c.oid, 'select, insert, update, delete, truncate') limit 1)`.execute(tx)
  if (rows[0]) throw unavailable(`The role "${role}" may do more than read the views: ${rows[0].reason}.`)
}

function urlOf(url: string, role: string, password: string): string {
  const reader = new URL(url)
  reader.username = role
  reader.password = password
  return reader.href
}

export const unavailable = (reason: string) => fail('query.not_available', { reason }, { why: reason })
