import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import pg from 'pg'

/** One file `NNNN_name.sql`: a step forward for one Postgres schema. */
export interface Migration {
  readonly domain: string
  readonly number: number
  readonly name: string
  readonly sql: string
  readonly checksum: string
}

interface Applied {
  readonly domain: string
  readonly number: number
  readonly checksum: string
}

const serverFolder = join(import.meta.dirname, '..')

/**
 * Reads every migration below `platform/` and `domains/`, in the order in which they run: by number, the platform first.
 *
 * @throws Error when a file name is not `NNNN_name.sql`
 */
export function readMigrations(folder = serverFolder): readonly Migration[] {
  return globSync('{platform,domains/*}/migrations/*.sql', { cwd: folder })
    .map((path) => readMigration(folder, path))
    .toSorted((a, b) => a.number - b.number || rank(a) - rank(b) || a.domain.localeCompare(b.domain))
}

const rank = ({ domain }: Migration) => (domain === 'platform' ? 0 : 1)

function readMigration(folder: string, path: string): Migration {
  const name = basename(path, '.sql')
  const [, digits] = /^(\d{4})_[a-z0-9_]+$/.exec(name) ?? []
  if (!digits) throw new Error(`The migration ${path} has no name of the form 0001_what_it_does.sql; rename it.`)
  const sql = readFileSync(join(folder, path), 'utf8')
  const checksum = createHash('sha256').update(sql).digest('hex')
  return { domain: path.split(/[\\/]/).at(-3)!, number: Number(digits), name, sql, checksum }
}

/**
 * Brings a database to the state of the code: each missing file in a transaction of its own, forward only.
 * Several servers may do this at once; one works and the others wait.
 *
 * @returns how many files were applied
 * @throws Error when an applied file was changed or is missing, or a new one has a number that was passed already
 */
export async function migrate(url: string, migrations = readMigrations()): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'evenkeel migrate' })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(hashtext('evenkeel.migrate'))`)
    await client.query(bookkeeping)
    const applied = await client.query<Applied>('select domain, number, checksum from platform.migration')
    const pending = missing(migrations, applied.rows)
    for (const migration of pending) await apply(client, migration)
    return pending.length
  } finally {
    // The lock belongs to the connection and ends with it.
    await client.end()
  }
}

const bookkeeping = `
  create schema if not exists platform;
  create table if not exists platform.migration (
    domain text not null,
    number int not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (domain, number)
  )`

function missing(migrations: readonly Migration[], applied: readonly Applied[]): readonly Migration[] {
  for (const { domain, number, checksum } of applied) {
    const file = migrations.find((migration) => migration.domain === domain && migration.number === number)
    if (!file) throw new Error(unknownMigration(domain, number))
    if (file.checksum !== checksum) throw new Error(changedMigration(file))
  }
  const pending = migrations.filter(({ domain, number }) => !isApplied(applied, domain, number))
  const late = pending.find(({ domain, number }) => applied.some((row) => row.domain === domain && row.number > number))
  if (late)
    throw new Error(`The migration ${label(late)} comes after a later one was applied; give it the next number.`)
  return pending
}

const isApplied = (applied: readonly Applied[], domain: string, number: number) =>
  applied.some((row) => row.domain === domain && row.number === number)

const label = ({ domain, name }: Migration) => `${domain}/${name}`

const unknownMigration = (domain: string, number: number) =>
  `The database holds migration ${number} of "${domain}", which this program does not have: a newer version made it. ` +
  'Start that version, or restore a backup from before the upgrade.'

const changedMigration = (migration: Migration) =>
  `The migration ${label(migration)} was changed after it had been applied. Restore the file as it was, and put the ` +
  'change into a new migration.'

async function apply(client: pg.Client, migration: Migration): Promise<void> {
  const { domain, number, name, sql, checksum } = migration
  await client.query('begin')
  try {
    await client.query(sql)
    await client.query('insert into platform.migration (domain, number, name, checksum) values ($1, $2, $3, $4)', [
      domain,
      number,
      name,
      checksum,
    ])
    await client.query('commit')
  } catch (cause) {
    await client.query('rollback')
    throw new Error(`The migration ${label(migration)} failed and was rolled back: ${(cause as Error).message}`, {
      cause,
    })
  }
}
