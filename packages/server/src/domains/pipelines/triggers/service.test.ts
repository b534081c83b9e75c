import { createClient } from '@evenkeel/client'
import { triggers as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

let world: TriggersWorld
beforeAll(async () => {
  world = await startTriggersWorld()
}, 60_000)
afterAll(() => world.stop())

const data = { on: { kind: 'data', dataset: 'events' } } as const
const target = (pipeline: string, trigger = 'it') => ({ pipeline, trigger })
const outcomes = async (pipeline: string) => (await world.firings(pipeline)).map(({ outcome }) => outcome)
const audited = async (action: string) => {
  const [newest] = await listAudit(world.platform.db, { projectId: 'default', action, limit: 1 })
  return newest
}

describe('a pause', () => {
  it('lets a trigger write down its occasions and start nothing, until it is resumed', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, data)

    const paused = await world.triggers.pause({ params: target(pipeline), body: { why: 'The data is wrong.' } })
    await world.accept('events')
    const resumed = await world.triggers.resume({ params: target(pipeline), body: { why: 'It is right again.' } })
    await world.accept('events')

    expect(paused.paused).toMatchObject({ by: 'local', why: 'The data is wrong.' })
    expect(resumed.paused).toBeNull()
    const [skipped, started] = await world.firings(pipeline)
    expect(skipped).toMatchObject({ outcome: 'skipped', runId: null })
    expect(skipped!.says).toMatch(
      /^Version 1 .* Not started: Triggers are paused since .* by local: The data is wrong\. Resume them/,
    )
    expect(started).toMatchObject({ outcome: 'started' })
    await world.until(started!.runId!)
    expect(await audited('pipelines.pause_trigger')).toMatchObject({
      actor: 'local',
      subject: `${pipeline}/it`,
      reason: 'The data is wrong.',
    })
    expect(await audited('pipelines.resume_trigger')).toMatchObject({ reason: 'It is right again.' })
  })

  it('of the project holds every trigger, and leaves the pause of one alone', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, data, 'one')
    await world.putTrigger(pipeline, data, 'two')
    await world.triggers.pause({ params: target(pipeline, 'one'), body: { why: 'For itself.' } })

    await world.triggers.pauseAll({ body: { why: 'All of it.' } })
    await world.accept('events')
    const during = await world.triggers.list()
    await world.triggers.resumeAll({ body: { why: 'On.' } })
    const after = await world.triggers.list()

    expect(await outcomes(pipeline)).toEqual(['skipped', 'skipped'])
    expect(during).toMatchObject({
      paused: { why: 'All of it.' },
      items: [{ paused: { why: 'For itself.' } }, { paused: { why: 'All of it.' } }],
    })
    expect(after).toMatchObject({ paused: null, items: [{ paused: { why: 'For itself.' } }, { paused: null }] })
    expect(await audited('pipelines.pause_triggers')).toMatchObject({ reason: 'All of it.' })
  })

  it('is not for who only reads', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, data)
    const viewer = createClient(endpoints, await world.asRole('viewer'))

    const pause = viewer.pause({ params: target(pipeline), body: { why: 'No.' } })

    await expect(pause).rejects.toMatchObject({ code: 'auth.not_allowed' })
    expect((await viewer.list()).items).toMatchObject([{ paused: null }])
  })
})

describe('the history', () => {
  it('lists triggers with their last and next firing', async () => {
    const pipeline = await world.havePipeline()
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: { kind: 'cron', cron: '0 3 * * *' } }, 'nightly')
    await world.putTrigger(pipeline, { on: { kind: 'decay', endpoint: 'late' } }, 'never')
    await world.at('2026-01-01T03:00:00Z')

    const { items } = await world.triggers.list()

    expect(items).toMatchObject([
      { pipeline, name: 'never', lastFiring: null, nextAt: null },
      { pipeline, name: 'nightly', lastFiring: { outcome: 'started' }, nextAt: '2026-01-02T03:00:00.000Z' },
    ])
    await world.until(items[1]!.lastFiring!.runId!)
  })

  it('lists the firings of all pipelines page by page, and of one, newest first', async () => {
    const first = await world.havePipeline()
    const second = await world.haveAnother()
    await world.putTrigger(first, data, 'a')
    await world.putTrigger(first, { ...data, cooldownDays: 1, enabled: false }, 'off')
    await world.putTrigger(second, data, 'b')
    await world.triggers.pause({ params: target(second, 'b'), body: { why: 'Not now.' } })
    await world.accept('events')
    await world.until((await world.firings(first))[0]!.runId!)
    await world.accept('events')
    await world.until((await world.firings(first))[1]!.runId!)

    const page = await world.triggers.listFirings({ query: { limit: 3 } })
    const rest = await world.triggers.listFirings({ query: { limit: 3, cursor: page.nextCursor! } })
    const skipped = await world.triggers.listFirings({ query: { outcome: 'skipped', trigger: 'b' } })

    expect(page.items.map(({ trigger, outcome }) => `${trigger} ${outcome}`)).toEqual([
      'b skipped',
      'a started',
      'b skipped',
    ])
    expect(rest.items[0]).toMatchObject({ pipeline: first, trigger: 'a' })
    expect(skipped.items.map(({ pipeline }) => pipeline)).toEqual([second, second])
  })

  it('outlives the trigger, and what still waits is ended', async () => {
    const pipeline = await world.havePipeline()
    const debounce = { quietSeconds: 10, maxWaitSeconds: 60 }
    await world.putTrigger(pipeline, { on: { ...data.on, debounce } })
    await world.accept('events')

    const removed = await world.triggers.remove({ params: target(pipeline) })

    expect(removed).toMatchObject({ name: 'it', lastFiring: { outcome: 'pending' } })
    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'skipped', dueAt: null, says: expect.stringContaining('The trigger was deleted.') },
    ])
    expect((await world.triggers.list()).items).toEqual([])
    await expect(world.triggers.remove({ params: target(pipeline) })).rejects.toMatchObject({
      code: 'pipelines.trigger_not_found',
    })
    expect(await audited('pipelines.delete_trigger')).toMatchObject({ subject: `${pipeline}/it` })
  })
})

describe('while a run is in progress', () => {
  it('waits for its end, and starts one after the other', async () => {
    const pipeline = await world.havePipeline('sleep 0.3')
    await world.putTrigger(pipeline, { ...data, whenBusy: 'queue' })
    for (let version = 0; version < 3; version++) await world.accept('events')

    expect(await outcomes(pipeline)).toEqual(['started', 'pending', 'pending'])
    const runs = []
    for (const place of [0, 1, 2]) {
      await expect.poll(async () => (await outcomes(pipeline))[place], { timeout: 10_000 }).toBe('started')
      runs.push(await world.until((await world.firings(pipeline))[place]!.runId!))
    }

    expect(runs.map(({ trigger }) => trigger.says)).toEqual(
      [1, 2, 3].map((version) => `Version ${version} of "events" was accepted, with 1 row.`),
    )
    expect(Date.parse(runs[1]!.startedAt!)).toBeGreaterThanOrEqual(Date.parse(runs[0]!.endedAt!))
  })

  it('lets only the newest wait', async () => {
    const pipeline = await world.havePipeline('sleep 0.3')
    await world.putTrigger(pipeline, { ...data, whenBusy: 'replace' })
    for (let version = 0; version < 3; version++) await world.accept('events')

    const [running, replaced, newest] = await world.firings(pipeline)
    expect(replaced).toMatchObject({
      outcome: 'skipped',
      says: expect.stringContaining(`Not started: The newer firing ${newest!.id} took its place.`),
    })
    await world.until(running!.runId!)
    await expect.poll(async () => outcomes(pipeline), { timeout: 10_000 }).toEqual(['started', 'skipped', 'started'])
    await world.until((await world.firings(pipeline))[2]!.runId!)
  })

  it('starts nothing when nothing else is said', async () => {
    const pipeline = await world.havePipeline('sleep 0.3')
    await world.putTrigger(pipeline, data)
    await world.accept('events')
    await world.accept('events')

    const [started, skipped] = await world.firings(pipeline)
    expect(skipped!.says).toBe(
      `Version 2 of "events" was accepted, with 1 row. Not started: The run ${started!.runId} of this pipeline is in progress.`,
    )
    await world.until(started!.runId!)
  })
})

it('cools down by the clock on the wall', async () => {
  const pipeline = await world.havePipeline()
  await world.putTrigger(pipeline, { ...data, cooldownSeconds: 60 })
  const from = Date.parse('2026-01-01T00:00:00Z')
  for (const seconds of [0, 59, 60]) {
    world.outside.clock = new Date(from + seconds * 1000)
    await world.accept('events')
    const { runId } = (await world.firings(pipeline)).at(-1)!
    if (runId) await world.until(runId)
  }

  expect(await outcomes(pipeline)).toEqual(['started', 'skipped', 'started'])
  expect((await world.firings(pipeline))[1]!.says).toContain('none before 2026-01-01T00:01:00.000Z')
})

describe('a test', () => {
  it('says what would be, and starts nothing', async () => {
    const pipeline = await world.havePipeline()
    world.outside.clock = new Date('2026-03-28T12:00:00Z')
    const on = { kind: 'cron', cron: '30 2 * * *', timezone: 'Europe/Berlin' } as const
    await world.putTrigger(pipeline, { on })

    const tested = await world.triggers.test({ params: target(pipeline) })

    expect(tested).toEqual({
      wouldStart: true,
      says: 'The schedule "30 2 * * *" (Europe/Berlin) was due at 2026-03-28T12:00:00.000Z.',
      next: [29, 30, 31]
        .map((day) => `2026-03-${day}T0${day === 29 ? 1 : 0}:30:00.000Z`)
        .concat(['2026-04-01T00:30:00.000Z', '2026-04-02T00:30:00.000Z']),
      lastDays: { count: 30, says: 'It would have fired 30 times in the last 30 days, by its schedule.' },
    })
    expect(await world.firings(pipeline)).toEqual([])
    expect((await world.api.listRuns({ query: { pipeline } })).items).toEqual([])
  })

  it('says why not', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { ...data, on: { ...data.on, minNewRows: 10 } })
    const params = target(pipeline)

    const empty = await world.triggers.test({ params })
    await world.accept('events', { rowCount: 9 })
    const few = await world.triggers.test({ params })
    await world.accept('events', { rowCount: 9 })
    await world.until((await world.firings(pipeline))[1]!.runId!)
    await world.triggers.pause({ params, body: { why: 'Wait.' } })
    const paused = await world.triggers.test({ params })

    expect(empty).toMatchObject({
      wouldStart: false,
      says: 'If a version of "events" were accepted now. Not started: There are 0 new rows since the last run, and 10 are needed.',
    })
    expect(few).toMatchObject({ wouldStart: false, lastDays: { count: 0 } })
    expect(few.says).toContain('There are 9 new rows')
    expect(paused).toMatchObject({ wouldStart: false, lastDays: { count: 1 } })
    expect(paused.says).toContain('paused')
  })

  it.each([
    { on: { kind: 'decay', endpoint: 'late' }, says: 'If a monitor reported decay of "late" now.', count: null },
    { on: { kind: 'drift', endpoint: 'late' }, says: 'If a monitor reported drift of "late" now.', count: null },
    { on: { kind: 'schedule', dataset: 'events', every: 'month' }, says: 'No calendar month of', count: 0 },
    { on: { kind: 'pipeline', pipeline: 'other', state: 'failed' }, says: 'If a run of "other"', count: 0 },
    { on: { kind: 'model', model: 'late', event: 'passed' }, says: 'If a version of "late"', count: null },
  ] as const)('of $on.kind', async ({ on, says, count }) => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { on })

    const tested = await world.triggers.test({ params: target(pipeline) })

    expect(tested).toMatchObject({ says: expect.stringContaining(says), lastDays: { count } })
  })
})

it.each([
  { body: { on: { kind: 'cron', cron: '0 3 * *' } }, why: 'needs five' },
  { body: { on: { kind: 'cron', cron: '0 3 * * *', timezone: 'Mars/Olympus' } }, why: 'unknown' },
  { body: { on: { ...data.on, debounce: { quietSeconds: 10, maxWaitSeconds: 5 } } }, why: 'debounce' },
  {
    body: {
      on: { kind: 'decay', endpoint: 'late' },
      window: { kind: 'months', trainMonths: 1, holdoutMonths: 1 },
    },
    why: 'needs the dataset',
  },
  { body: { on: { kind: 'webhook' } }, why: 'needs a secret' },
  { body: { ...data, secret: '0123456789abcdef' }, why: 'Only a webhook' },
] as const)('refuses a trigger that can never fire: $why', async ({ body, why }) => {
  const pipeline = await world.havePipeline()

  const put = world.putTrigger(pipeline, body)

  await expect(put).rejects.toMatchObject({ code: 'pipelines.trigger_invalid', why: expect.stringContaining(why) })
  expect((await world.triggers.list()).items).toEqual([])
})
