import { type Db } from '../../platform/db.ts'
import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { type View, views } from './views.ts'

/** The schema of the views, the only one that readers may look into. */
export const viewSchema = 'evenkeel'

/** A role sees the rows of its project. A barrier: what a query asks comes after it, and no error can tell of others. */
const viewSql = ({ name, from, where, columns }: View): string =>
  `create view ${viewSchema}.${name} with (security_barrier) as
   select ${columns.map(([column, expression]) => `${expression} as "${column}"`).join(', ')} from ${from}
   where p.project_id = (select r.project_id from query.reader r where r.role = session_user)
     ${where === undefined ? '' : `and ${where}`}`

const definition = views.map(viewSql).join(';\n')
const digest = createHash('sha256').update(definition).digest('hex')

/**
 * Makes the views as this release has them, unless they are there. A migration that they stand in the way of drops the
 * schema first; they come back here.
 */
export async function defineViews(db: Db): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(hashtext('evenkeel.query'))`.execute(tx)
    const { rows } = await sql<{ digest: string | null }>`
      select obj_description(oid, 'pg_namespace') as digest from pg_namespace where nspname = ${viewSchema}`.execute(tx)
    if (rows[0]?.digest === digest) return
    await sql.raw(`drop schema if exists ${viewSchema} cascade`).execute(tx)
    await sql.raw(`create schema ${viewSchema}`).execute(tx)
    for (const view of views) await sql.raw(viewSql(view)).execute(tx)
    await sql.raw(`comment on schema ${viewSchema} is '${digest}'`).execute(tx)
  })
}

/** How PostgreSQL calls the types of the columns: `<view>.<column>` to type. */
export async function columnTypes(db: Db): Promise<ReadonlyMap<string, string>> {
  const { rows } = await sql<{ name: string; type: string }>`
    select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${viewSchema} and c.relkind = 'v' and a.attnum > 0`.execute(db)
  return new Map(rows.map(({ name, type }) => [name, type]))
}
