import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createDatabase } from '../testing.ts'
import { type Db, json, openDatabase } from './db.ts'

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

it('reads types as the generated ones promise', async () => {
  const { rows } = await sql`
    select 9007199254740991::bigint as int8, 1.10::numeric as numeric, '2001-02-03 04:05:06.007Z'::timestamptz as moment,
      ${json([1, { a: 2 }])}::jsonb as json, '{a,b}'::text[] as list, '\\x00ff'::bytea as bytes`.execute(db)

  expect(rows).toEqual([
    {
      int8: 9007199254740991,
      numeric: '1.10',
      moment: new Date('2001-02-03T04:05:06.007Z'),
      json: [1, { a: 2 }],
      list: ['a', 'b'],
      bytes: Buffer.from([0, 255]),
    },
  ])
})

it('fails rather than read a number that a number cannot hold', async () => {
  await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow('9007199254740993')
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})

it('lives on when the server ends an idle connection', async () => {
  await sql`select 1`.execute(db)
  const killer = await openDatabase(database.url)
  await sql`select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()`.execute(killer)
  await killer.destroy()
  await new Promise((resume) => setTimeout(resume, 100))

  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})

it('fails a transaction whose connection breaks between two statements, and nothing else', async () => {
  const killer = await openDatabase(database.url)

  const broken = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx)
    await sql`select pg_terminate_backend(${rows[0]!.pid})`.execute(killer)
    await new Promise((resume) => setTimeout(resume, 100))
    await sql`select 1`.execute(tx)
  })

  await expect(broken).rejects.toThrow(/connection/i)
  await killer.destroy()
  expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }])
})
