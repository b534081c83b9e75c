import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { renderDatabaseTypes } from '../packages/server/src/platform/database-types.ts'
import { openDatabase } from '../packages/server/src/platform/db.ts'
import { migrate } from '../packages/server/src/platform/migrate.ts'
import { startPostgres } from '../packages/server/src/platform/postgres.ts'

/** Runs every migration on an empty database and writes what came out as `platform/database.gen.ts`. */
const target = join(import.meta.dirname, '../packages/server/src/platform/database.gen.ts')
const folder = await mkdtemp(join(tmpdir(), 'evenkeel-types-'))
const postgres = await startPostgres({ folder })
try {
  await migrate(postgres.url)
  const db = await openDatabase(postgres.url)
  await writeFile(target, await renderDatabaseTypes(db))
  await db.destroy()
} finally {
  await postgres.stop()
  await rm(folder, { recursive: true, force: true })
}
process.stdout.write(`wrote ${target}\n`)
