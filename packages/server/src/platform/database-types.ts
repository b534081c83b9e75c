import { sql } from 'kysely'
import type { Db } from './db.ts'

interface ColumnRow {
  readonly table: string
  readonly name: string
  readonly type: string
  readonly nullable: boolean
  readonly generated: boolean
  readonly check: string | null
}

/** How a PostgreSQL type reads in TypeScript, as `db.ts` has the driver parse it. */
const types: Readonly<Record<string, string>> = {
  bool: 'boolean',
  bytea: 'Buffer',
  date: 'Date',
  float4: 'number',
  float8: 'number',
  int2: 'number',
  int4: 'number',
  int8: 'number',
  json: 'Json',
  jsonb: 'Json',
  numeric: 'ColumnType<string, string | number, string | number>',
  text: 'string',
  timestamptz: 'Timestamp',
  uuid: 'string',
  varchar: 'string',
}

const header = `// Made by tools/generate-db-types.ts from the migrations; do not edit.
import type { ColumnType } from 'kysely'

type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>
/** Write it with \`json(value)\`. */
type Json = ColumnType<unknown, string, string>
type Timestamp = ColumnType<Date, Date | string, Date | string>

// oxfmt-ignore
export interface Database {
`

/**
 * Renders the tables of a migrated database as the `Database` type, one key `schema.table` each. A text column with
 * a check of the form \`in ('a', 'b')\` becomes a union of these.
 *
 * @throws Error for a column of a type that has no counterpart yet
 */
export async function renderDatabaseTypes(db: Db): Promise<string> {
  const { rows } = await columns.execute(db)
  const tables = Map.groupBy(rows, ({ table }) => table)
  const members = [...tables].map(([table, fields]) => `  '${table}': {\n${fields.map(renderColumn).join('\n')}\n  }`)
  return `${header}${members.join('\n')}\n}\n`
}

const columns = sql<ColumnRow>`
  select
    n.nspname || '.' || c.relname as table,
    a.attname as name,
    t.typname as type,
    not a.attnotnull as nullable,
    a.atthasdef or a.attidentity <> '' as generated,
    (
      select string_agg(pg_get_constraintdef(k.oid), ' ')
      from pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c' and k.conkey = array[a.attnum]
    ) as check
  from pg_attribute a
  join pg_class c on c.oid = a.attrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_type t on t.oid = a.atttypid
  where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    and n.nspname not in ('pg_catalog', 'information_schema', 'pgboss', 'public', 'pg_toast')
  order by n.nspname, c.relname, a.attnum`

function renderColumn({ table, name, type, nullable, generated, check }: ColumnRow): string {
  const base = unionOf(check) ?? typeOf(type)
  if (!base) throw new Error(`${table}.${name} is of type ${type}; give it a line in database-types.ts.`)
  const full = nullable ? `${base} | null` : base
  return `    ${name}: ${generated ? `Generated<${full}>` : full}`
}

function typeOf(type: string): string | undefined {
  if (!type.startsWith('_')) return types[type]
  const item = types[type.slice(1)]
  return item && `${item}[]`
}

/** `CHECK ((stage = ANY (ARRAY['draft'::text, 'approved'::text])))` -> `'draft' | 'approved'` */
function unionOf(check: string | null): string | undefined {
  const [, list] = /^CHECK \(\(\w+ = ANY \(ARRAY\[((?:'[^']*'::text(?:, )?)+)\]\)\)\)$/.exec(check ?? '') ?? []
  return list && [...list.matchAll(/'[^']*'/g)].join(' | ')
}
