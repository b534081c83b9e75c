import { createHash } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { migrate, type Migration, readMigrations } from './migrate.ts'

let database: Awaited<ReturnType<typeof createDatabase>>
let client: pg.Client
beforeEach(async () => {
  database = await createDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterEach(async () => {
  await client.end()
  await database.drop()
})

const migration = (number: number, name: string, sql: string): Migration => ({
  domain: 'shelves',
  number,
  name,
  sql,
  checksum: createHash('sha256').update(sql).digest('hex'),
})

const first = migration(1, '0001_first', 'create schema shelves; create table shelves.shelf (name text)')
const second = migration(2, '0002_second', `insert into shelves.shelf values ('oak')`)
const run = (...more: readonly Migration[]) => migrate(database.url, [...readMigrations(), ...more])
const shelves = async () => (await client.query<{ name: string }>('select name from shelves.shelf')).rows

it('finds the files of the platform first, then by number', () => {
  const found = readMigrations().map(({ domain, number }) => ({ domain, number }))

  expect(found[0]).toEqual({ domain: 'platform', number: 1 })
  expect(found).toContainEqual({ domain: 'projects', number: 1 })
  expect(found.map(({ number }) => number)).toEqual(found.map(({ number }) => number).toSorted((a, b) => a - b))
})

it('applies each file once, also when several servers start at the same time', async () => {
  const counts = await Promise.all([run(first, second), run(first, second), run(first, second)])

  expect(counts.toSorted((a, b) => a - b)).toEqual([0, 0, 2])
  expect(await shelves()).toEqual([{ name: 'oak' }])
})

it('leaves nothing of a file that fails, names it, and applies it when it is right', async () => {
  const broken = migration(2, '0002_second', `insert into shelves.shelf values ('elm'); select 1 / 0`)

  await expect(run(first, broken)).rejects.toThrow('shelves/0002_second failed and was rolled back: division by zero')
  expect(await shelves()).toEqual([])

  expect(await run(first, second)).toBe(1)
})

it('refuses a file that was changed after it had been applied', async () => {
  await run(first)

  await expect(run(migration(1, '0001_first', 'create schema shelves'))).rejects.toThrow(
    'shelves/0001_first was changed',
  )
})

it('refuses a database of a newer program', async () => {
  await run(first, second)

  await expect(run(first)).rejects.toThrow('a newer version made it')
})

it('refuses a file that comes in behind an applied one', async () => {
  const third = { ...first, number: 3, name: '0003_third' }
  await run(third)

  await expect(run(third, second)).rejects.toThrow('shelves/0002_second comes after a later one was applied')
})
