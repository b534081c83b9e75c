import { createClient } from '@evenkeel/client'
import { secrets as secretEndpoints } from '@evenkeel/contract'
import { createServer } from 'node:net'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createDatabase } from '../../../testing.ts'
import { ask } from './query.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

let world: TriggersWorld
let warehouse: Awaited<ReturnType<typeof createDatabase>>
let client: pg.Client
beforeAll(async () => {
  world = await startTriggersWorld()
  warehouse = await createDatabase()
  client = new pg.Client({ connectionString: warehouse.url })
  await client.connect()
  await client.query('create table sales (loaded_at int)')
}, 60_000)
afterAll(async () => {
  await client.end()
  await warehouse.drop()
  await world.stop()
})

const query = 'select max(loaded_at) from sales; '
const setSecret = (name: string, value: string) =>
  createClient(secretEndpoints, world.clientOptions()).put({ params: { secret: name }, body: { value } })

/** So many minutes after the trigger was written. */
async function look(minutes: number): Promise<void> {
  world.outside.clock = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000)
  await world.runJob('pipelines.watch_queries')
}

let pipeline: string
beforeEach(async () => {
  pipeline = await world.havePipeline('true', { mark: '' })
  world.outside.clock = new Date(Date.UTC(2026, 0, 1))
  await client.query('delete from sales')
})

describe('a query', () => {
  const on = { kind: 'sql', connectionSecret: 'WAREHOUSE_URL', query, param: 'mark' } as const

  it('fires when its answer is another than before; the first is only remembered', async () => {
    await setSecret('WAREHOUSE_URL', warehouse.url)
    await world.putTrigger(pipeline, { on })
    await look(0)
    await client.query('insert into sales values (7)')
    await look(0.5)
    expect(await world.firings(pipeline)).toEqual([])

    await Promise.all([look(1), look(1)])
    await look(2)

    const [firing, ...others] = await world.firings(pipeline)
    expect(others).toEqual([])
    expect(firing).toMatchObject({
      kind: 'sql',
      outcome: 'started',
      says: 'The query gives "7"; before it was null.',
      evidence: { value: '7', before: null },
    })
    expect(await world.until(firing!.runId!)).toMatchObject({ params: { mark: '7' } })
    await client.query('delete from sales')
    await look(3)
    expect((await world.firings(pipeline))[1]).toMatchObject({ evidence: { value: null, before: '7' } })
    await world.until((await world.firings(pipeline))[1]!.runId!)
    expect((await world.triggers.test({ params: { pipeline, trigger: 'it' } })).says).toBe(
      'If the value changed; the query gives null, as before.',
    )
  })

  it('tells once why it cannot be asked, again when that changes, and nothing of the secret', async () => {
    await world.putTrigger(pipeline, { on: { ...on, connectionSecret: 'OTHER_URL' } })
    await look(0)
    await look(1)
    const wrong = new URL(warehouse.url)
    wrong.pathname = '/nowhere_to_be_found'
    await setSecret('OTHER_URL', wrong.href)
    await look(2)
    await look(3)
    await setSecret('OTHER_URL', warehouse.url)
    await look(4)
    await client.query('insert into sales values (8)')
    await look(5)

    const found = await world.firings(pipeline)

    expect(found.map(({ outcome }) => outcome)).toEqual(['skipped', 'skipped', 'started'])
    expect(found[0]!.says).toContain('The project has no secret "OTHER_URL"')
    expect(found[1]!.says).toContain('There is no such database on the server')
    expect(JSON.stringify(found)).not.toContain('nowhere_to_be_found')
    await world.until(found[2]!.runId!)
  })
})

describe('a database', () => {
  it.each([
    ['select 1, 2', 'The query gives 2 columns'],
    ['select 1 where false', 'The query gives no row'],
    ['select generate_series(1, 1000000)', 'The query gives more than one row'],
    ["select repeat('x', 1001)", 'longer than 1000 characters'],
    ['select nothing from sales', 'The database refuses the query: column "nothing" does not exist.'],
    ["select nextval('s')", 'read-only transaction'],
    ['select 1) as x; commit; drop table sales; select (1', 'refuses the query'],
    ['select current_database()::int', 'type integer: "***"'],
  ])('refuses %s', async (text, says) => {
    await client.query('create sequence if not exists s')

    await expect(ask(warehouse.url, text)).rejects.toThrow(says)

    expect(await ask(warehouse.url, 'select count(*) from sales -- all')).toBe('0')
  })

  it.each([
    ['postgres://u:p@169.254.169.254/d', 'link-local'],
    ['postgres://u:p@[fe80::1]/d', 'link-local'],
    ['postgres://u:p@[::ffff:169.254.169.254]/d', 'link-local'],
    // Only the look-up of the connection itself tells what this is.
    ['postgres://u:p@2852039166/d', 'link-local'],
    ['postgres://u:p@%2Fvar%2Frun%2Fpostgresql/d', 'must name user, host and database'],
    ['postgres://u:p@localhost/d?host=/var/run', 'no parameter but sslmode'],
    ['postgres://u:p@localhost/d?sslmode=prefer', 'sslmode in the URL must be'],
    ['postgres://localhost/d', 'must name user'],
    ['mysql://u:p@localhost/d', 'holds no URL'],
  ])('is not connected to by %s', async (url, says) => {
    await expect(ask(url, 'select 1')).rejects.toThrow(says)
  })

  it('that says nothing is left after a while, and one that is not there is named so', async () => {
    const mute = createServer((socket) => void socket.resume())
    await new Promise<void>((listening) => mute.listen(0, '127.0.0.1', listening))
    const { port } = mute.address() as { port: number }
    const url = `postgres://user:hidden-password@127.0.0.1:${port}/d`

    await expect(ask(url, 'select 1')).rejects.toThrow('does not answer in time')
    await new Promise((closed) => mute.close(closed))
    await expect(ask(url, 'select 1')).rejects.toThrow('Nothing answers at the address of the database.')
  }, 20_000)
})
