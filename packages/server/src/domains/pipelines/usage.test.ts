import { costInWords } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PipelinesWorld, shell, startPipelinesWorld } from './testing.ts'

const targets = { local: { kind: 'local', pricePerHour: 3600, currency: 'EUR' } }
let world: PipelinesWorld
beforeAll(async () => {
  world = await startPipelinesWorld({ targets })
}, 60_000)
afterAll(() => world.stop())

/** Works on 80 MB until somebody has seen that it holds them. */
const hungry = `
  const { readFileSync } = require('node:fs')
  const { dirname, join } = require('node:path')
  const held = Buffer.alloc(80e6)
  const seen = join(dirname(process.env.EVENKEEL_CONTEXT), 'peak-memory')
  const peak = () => { try { return Number(readFileSync(seen, 'utf8')) } catch { return 0 } }
  const tick = () => { held.fill(Date.now() % 256); if (peak() < 80e6) setTimeout(tick, 50) }
  tick()`

it('measures what an attempt used, and says what it cost where its target has a price', async () => {
  const step = { key: 'hungry', run: [process.execPath, '-e', hungry] }
  const { id } = await world.run('hungry', { steps: [step] } as never)
  const run = await world.until(id)

  expect(run.state).toBe('succeeded')
  const { usage, startedAt, endedAt } = run.steps[0]!.attempts[0]!
  const seconds = (Date.parse(endedAt!) - Date.parse(startedAt!)) / 1000
  expect(usage!.cpuSeconds).toBeGreaterThan(0.01)
  expect(usage!.peakMemoryBytes).toBeGreaterThanOrEqual(80e6)
  expect(usage!.price).toEqual({ perHour: 3600, currency: 'EUR' })
  expect(run.cost).toMatchObject({ attempts: 1, cpuMeasured: 1, priced: 1, cpuSeconds: usage!.cpuSeconds })
  expect(run.cost!.slotSeconds).toBeCloseTo(seconds, 9)
  expect(run.cost!.money).toEqual([{ amount: expect.closeTo(seconds, 9), currency: 'EUR' }])
})

it('adds up what a pipeline used, day by day', async () => {
  const steps = [{ ...shell('a', 'true'), cache: false }]
  for (let count = 0; count < 2; count++) {
    await world.until((await world.run('daily', { steps } as never)).id)
  }
  const costs = (days: number) => world.api.costs({ params: { pipeline: 'daily' }, query: { days: String(days) } })

  const { days, total } = await costs(30)
  expect(days.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(2)
  expect(days[0]!.day).toBe(new Date().toISOString().slice(0, 10))
  expect(total).toMatchObject({ attempts: 2, cpuMeasured: 2, priced: 2, money: [{ currency: 'EUR' }] })
  expect(total.money[0]!.amount).toBeCloseTo(total.slotSeconds, 6)
  world.outside.clock = new Date(Date.now() + 40 * 86_400_000)
  expect(await costs(30)).toMatchObject({ days: [], total: { attempts: 0 } })
  world.outside.clock = null
  await expect(world.api.costs({ params: { pipeline: 'none' }, query: {} })).rejects.toMatchObject({ status: 404 })
})

it('adds up every attempt, and a result that is taken over costs nothing', async () => {
  const step = shell('again', 'test "$EVENKEEL_ATTEMPT" = 2', { code: [], retries: 1, retryDelay: { seconds: 0.1 } })
  const first = await world.until((await world.run('again', { steps: [step] } as never)).id)
  const second = await world.until((await world.run('again', { steps: [step] } as never)).id)

  expect(first.cost).toMatchObject({ attempts: 2, cpuMeasured: 2 })
  expect(second.steps[0]!.state).toBe('cached')
  expect(second.cost).toMatchObject({ attempts: 0, slotSeconds: 0, cpuSeconds: null, money: [] })
})

it('says what was not measured', () => {
  const none = { attempts: 2, slotSeconds: 90, cpuSeconds: null, cpuMeasured: 0, peakMemoryBytes: null, priced: 0 }
  expect(costInWords({ ...none, money: [] })).toEqual([
    ['slot time', '90.0 s'],
    ['CPU time', 'not measured'],
    ['peak memory', 'not measured'],
    ['money', 'no target it ran on has a price'],
  ])
  const some = { ...none, cpuSeconds: 30, cpuMeasured: 1, peakMemoryBytes: 512 * 1024 ** 2, priced: 1 }
  expect(costInWords({ ...some, money: [{ amount: 0.0123, currency: 'EUR' }] })).toEqual([
    ['slot time', '90.0 s'],
    ['CPU time', '30.0 s (of 1 of 2 attempts)'],
    ['peak memory', '512 MiB'],
    ['money', '0.012 EUR (of 1 of 2 attempts)'],
  ])
})
