import { type RawBuilder, sql } from 'kysely'
import type { Database } from '../db.ts'

type Columns<T extends keyof Database> = `${T}.${keyof Database[T] & string}`
/** `schema.table.column` */
export type Column = { [T in keyof Database]: Columns<T> }[keyof Database]

type Digests = RawBuilder<{ digest: string | null }>

/** A column that names content which must not be deleted. */
export interface HeldColumn {
  readonly column: Column
  /** Selects the digests, as `digest`, once or more often. */
  readonly digests: Digests
  /** Whether each of them is stored, if nothing is lost; otherwise some may be digests of other things. */
  readonly isExact: boolean
  /** Selects those digests that are lists of files, see `FolderManifest`: their files are held too. */
  readonly folders?: Digests
}

/** What a domain needs of the blob store. `app.ts` hands all of them to whoever deletes the rest. */
export interface BlobHolder {
  readonly domain: string
  readonly columns: readonly HeldColumn[]
}

/** A column of digests. */
export function held(column: Column, where: RawBuilder<unknown> = sql`true`): HeldColumn {
  const { table, name } = partsOf(column)
  return { column, digests: sql`select ${name} as digest from ${table} where ${where}`, isExact: true }
}

/**
 * A column of JSON that has digests at certain places.
 *
 * @param path - an SQL/JSON path to them
 * @param folders - one to those that are lists of files
 */
export function heldAt(column: Column, path: string, folders?: string): HeldColumn {
  const { table, name } = partsOf(column)
  const at = (place: string): Digests => sql`
    select found #>> '{}' as digest from ${table}, jsonb_path_query(${name}, ${place}::text::jsonpath) found`
  return { column, digests: at(path), isExact: true, ...(folders !== undefined && { folders: at(folders) }) }
}

/** A column of JSON or text: whatever reads like a digest in it is held, wherever it stands. */
export function heldWithin(column: Column): HeldColumn {
  const { table, name } = partsOf(column)
  const digests: Digests = sql`
    select found[1] as digest from ${table}, regexp_matches(${name}::text, 'sha256:[0-9a-f]{64}', 'g') found`
  return { column, digests, isExact: false }
}

function partsOf(column: Column) {
  const [schema, table, name] = column.split('.') as [string, string, string]
  return { table: sql.table(`${schema}.${table}`), name: sql.ref(name) }
}
