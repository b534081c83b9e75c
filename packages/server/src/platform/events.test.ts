import { defineEvents, EventBase } from '@evenkeel/contract'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { z } from 'zod'
import { startWorld, type World } from '../testing.ts'
import type { Db } from './db.ts'
import { on, publish } from './events.ts'
import { defineQueue, enqueue, periodic, worker } from './jobs.ts'

const events = defineEvents({
  'shelves.filled': EventBase.extend({ planks: z.int() }),
  'shelves.fell': EventBase.extend({ loud: z.boolean().default(true) }),
})
const wood = defineQueue('shelves.wood', z.object({ planks: z.int() }), { retryLimit: 1 })
const wake = defineQueue('shelves.wake', z.object({ shelf: z.string() }), { policy: 'short' })

const filled = { projectId: 'default', subject: 'oak', planks: 3 }

let heard: { by: string; event: object; id: string }[] = []
let ticks = 0
let refusals = 0

const note = (by: string) => async (event: object, id: string) => void heard.push({ by, event, id })

let world: World
beforeAll(async () => {
  world = await startWorld({
    domains: () => [
      {
        subscriptions: [
          on(events, 'shelves.filled', 'shelves.count', note('count')),
          on(events, 'shelves.filled', 'shelves.praise', note('praise')),
          on(events, 'shelves.fell', 'shelves.pick_up', async (event, id) => {
            if (refusals-- > 0) throw new Error('Not now.')
            heard.push({ by: 'pick_up', event, id })
          }),
        ],
        jobs: [
          worker(wood, async (payload, id) => {
            if (payload.planks === 0) throw new Error('There is no wood.')
            heard.push({ by: 'wood', event: payload, id })
          }),
          worker(wake, note('wake')),
          periodic('shelves.dust', 3600, async () => void ticks++),
        ],
      },
    ],
    environment: { EVENKEEL_LOG_LEVEL: 'silent' },
  })
})
afterAll(() => world.stop())
beforeEach(() => {
  heard = []
})

const inTransaction = <T>(work: (tx: Db) => Promise<T>) => world.platform.db.transaction().execute(work)
const jobCount = async () =>
  (
    await sql<{ count: number }>`select count(*) as count from pgboss.job where name like '%shelves%'`.execute(
      world.platform.db,
    )
  ).rows[0]!.count

it('tells every subscriber, under one id', async () => {
  const id = await inTransaction((tx) => publish(tx, events, 'shelves.filled', filled))
  await world.settle()

  expect(heard.toSorted((a, b) => a.by.localeCompare(b.by))).toEqual([
    { by: 'count', event: filled, id },
    { by: 'praise', event: filled, id },
  ])
})

it('tells nobody of what was rolled back', async () => {
  const before = await jobCount()

  const broken = inTransaction(async (tx) => {
    await publish(tx, events, 'shelves.filled', filled)
    await enqueue(tx, wood, { planks: 3 })
    throw new Error('Changed my mind.')
  })

  await expect(broken).rejects.toThrow('Changed my mind.')
  await world.settle()
  expect(heard).toEqual([])
  expect(await jobCount()).toBe(before)
})

it('lets nobody see an event before its commit', async () => {
  await inTransaction(async (tx) => {
    await publish(tx, events, 'shelves.filled', filled)
    await new Promise((resume) => setTimeout(resume, 1300))
    expect(heard).toEqual([])
  })
  await world.settle()

  expect(heard).toHaveLength(2)
})

it('gives an event to a subscriber again, under the same id, until it takes it', async () => {
  refusals = 1
  const id = await inTransaction((tx) => publish(tx, events, 'shelves.fell', { projectId: 'default', subject: 'oak' }))
  await world.settle()

  expect(heard).toEqual([{ by: 'pick_up', event: { projectId: 'default', subject: 'oak', loud: true }, id }])
})

it('fails with the transaction when a subscriber cannot be told', async () => {
  const { db } = world.platform
  // A queue whose jobs the database refuses stands for one that is broken.
  await sql`
    create function refuse_job() returns trigger language plpgsql as
    $$ begin if new.name = 'events.shelves.praise' then raise exception 'no room'; end if; return new; end $$`.execute(
    db,
  )
  await sql`create trigger refuse before insert on pgboss.job_common for each row execute function refuse_job()`.execute(
    db,
  )
  try {
    await expect(inTransaction((tx) => publish(tx, events, 'shelves.filled', filled))).rejects.toThrow(
      'failed for 1 of 2 subscribed',
    )
    await world.settle()

    expect(heard).toEqual([])
  } finally {
    await sql`drop function refuse_job() cascade`.execute(db)
  }
})

it('takes a job of the same id once', async () => {
  const id = randomUUID()
  const sent = await inTransaction(async (tx) => [
    await enqueue(tx, wood, { planks: 1 }, { id }),
    await enqueue(tx, wood, { planks: 2 }, { id }),
  ])
  await world.settle()

  expect(sent).toEqual([id, null])
  expect(heard).toEqual([{ by: 'wood', event: { planks: 1 }, id }])
})

it('keeps one wake-up per key waiting', async () => {
  await inTransaction(async (tx) => {
    await enqueue(tx, wake, { shelf: 'oak' }, { singletonKey: 'oak' })
    await enqueue(tx, wake, { shelf: 'oak' }, { singletonKey: 'oak' })
    await enqueue(tx, wake, { shelf: 'elm' }, { singletonKey: 'elm' })
  })
  await world.settle()

  expect(heard.map(({ event }) => event)).toHaveLength(2)
})

it('starts a job at its time, not before, and soon after', async () => {
  const startAfter = new Date(Date.now() + 1500)
  await inTransaction((tx) => enqueue(tx, wood, { planks: 5 }, { startAfter }))
  await world.settle()
  expect(heard).toEqual([])

  await expect.poll(() => heard.length, { interval: 20 }).toBe(1)
  const lateMs = Date.now() - startAfter.getTime()
  expect(lateMs).toBeGreaterThanOrEqual(0)
  expect(lateMs).toBeLessThan(10_000)
})

it('lays a job that failed at every try aside', async () => {
  await inTransaction((tx) => enqueue(tx, wood, { planks: 0 }))
  await world.settle()

  const { rows } = await sql`select data, source_name from pgboss.job where name = 'dead'`.execute(world.platform.db)
  expect(rows).toEqual([{ data: { planks: 0 }, source_name: 'shelves.wood' }])
})

it('works off a backlog at once, and tries again only what failed', async () => {
  await inTransaction(async (tx) => {
    for (let planks = 40; planks >= 0; planks--) await enqueue(tx, wood, { planks })
  })
  const startedAt = Date.now()
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBe(40)

  // One by one, at the pace of the polls, it takes 40 s.
  expect(Date.now() - startedAt).toBeLessThan(8000)
  await world.settle()
  expect(heard.map(({ event }) => (event as { planks: number }).planks).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 40 }, (_, at) => at + 1),
  )
})

it('refuses an event or a job of another shape before anything is written', async () => {
  const before = await jobCount()

  await expect(
    inTransaction((tx) => publish(tx, events, 'shelves.filled', { ...filled, planks: 1.5 })),
  ).rejects.toThrow('planks')
  await expect(inTransaction(async (tx) => enqueue(tx, wood, { planks: 1.5 }))).rejects.toThrow('planks')

  expect(await jobCount()).toBe(before)
})

it('runs a periodic job when asked, and knows no other', async () => {
  await world.runJob('shelves.dust')

  expect(ticks).toBe(1)
  await expect(world.runJob('shelves.wood')).rejects.toThrow('no periodic job')
})
