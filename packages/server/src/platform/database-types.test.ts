import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { renderDatabaseTypes } from './database-types.ts'
import { type Db, openDatabase } from './db.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let db: Db
beforeAll(async () => {
  database = await createDatabase()
  db = await openDatabase(database.url)
})
afterAll(async () => {
  await db.destroy()
  await database.drop()
})

it('is what the migrations make; otherwise run: node tools/generate-db-types.ts', async () => {
  const written = await readFile(join(import.meta.dirname, 'database.gen.ts'), 'utf8')

  expect(await renderDatabaseTypes(db)).toBe(written)
  expect(written).toContain(`kind: 'user' | 'node' | 'step'`)
})
