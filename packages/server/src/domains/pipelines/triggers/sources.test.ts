import { monitoringEvents, registryEvents } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startPeriodic } from '../../../platform/periodic.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

let world: TriggersWorld
beforeAll(async () => {
  world = await startTriggersWorld()
}, 60_000)
afterAll(() => world.stop())

describe('cron', () => {
  const daily = { kind: 'cron', cron: '0 3 * * *', timeParam: 'day' } as const

  it('starts a run at each occurrence, once, and the run says which', async () => {
    const pipeline = await world.havePipeline('true', { day: '' })
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: daily })

    await world.at('2026-01-01T02:59:59Z')
    expect(await world.firings(pipeline)).toEqual([])
    await world.at('2026-01-01T03:00:01Z')
    await Promise.all([world.tick(), world.tick()])
    await world.at('2026-01-01T03:30:00Z')

    const [firing, ...others] = await world.firings(pipeline)
    expect(others).toEqual([])
    expect(firing).toMatchObject({
      outcome: 'started',
      kind: 'cron',
      evidence: { nominalTime: '2026-01-01T03:00:00.000Z', latenessSeconds: 1, caughtUp: false },
    })
    const says = 'The schedule "0 3 * * *" (UTC) was due at 2026-01-01T03:00:00.000Z.'
    expect(await world.until(firing!.runId!)).toMatchObject({
      state: 'succeeded',
      createdBy: 'trigger it',
      trigger: { kind: 'cron', says, eventTime: null },
      params: { day: '2026-01-01T03:00:00.000Z' },
    })
  })

  it('starts one run after a month of downtime', async () => {
    const pipeline = await world.havePipeline('true', { day: '' })
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: daily })

    await world.at('2026-01-31T12:00:00Z')
    await world.tick()

    const found = await world.firings(pipeline)
    expect(found).toMatchObject([{ outcome: 'started', evidence: { nominalTime: '2026-01-31T03:00:00.000Z' } }])
    await world.until(found[0]!.runId!)
  })

  it('runs one after the other for what it catches up on, oldest first', async () => {
    // Long enough to be looked at while it runs.
    const pipeline = await world.havePipeline('sleep 0.5', { day: '' })
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: { ...daily, catchUp: { all: 3 } } })

    await world.at('2026-01-31T12:00:00Z')

    expect((await world.firings(pipeline)).map(({ outcome }) => outcome)).toEqual(['started', 'pending', 'pending'])
    for (const place of [0, 1, 2]) {
      const firing = (await world.firings(pipeline))[place]!
      expect(firing.outcome).toBe('started')
      expect((await world.until(firing.runId!)).params).toEqual({ day: `2026-01-${29 + place}T03:00:00.000Z` })
      await world.settle()
      await world.tick()
    }
  })

  it('says once what it did not catch up on, and nothing of the time before it was written', async () => {
    const pipeline = await world.havePipeline('true', { day: '' })
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: { ...daily, catchUp: 'none' } })

    await world.at('2026-01-31T12:00:00Z')
    await world.putTrigger(pipeline, { on: { ...daily, cron: '30 3 * * *', catchUp: 'none' } })
    await world.tick()

    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'skipped', says: expect.stringContaining('Not started: It was missed, and this trigger does not') },
    ])
  })

  it('starts nothing when the clock stands still or goes back', async () => {
    const pipeline = await world.havePipeline('true', { day: '' })
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: { ...daily, cron: '* * * * *' } })

    await world.at('2026-01-01T00:01:00Z')
    await world.until((await world.firings(pipeline))[0]!.runId!)
    await world.at('2026-01-01T00:01:00Z')
    await world.at('2025-12-31T00:00:00Z')
    await world.at('2026-01-01T00:01:30Z')

    expect(await world.firings(pipeline)).toHaveLength(1)
  })
})

describe('data', () => {
  const debounce = { quietSeconds: 10, maxWaitSeconds: 60 }

  it('starts one run for 500 versions in a minute, after the quiet', async () => {
    const pipeline = await world.havePipeline()
    world.outside.clock = new Date('2026-01-01T00:00:00Z')
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events', debounce } })

    for (let accepted = 0; accepted < 500; accepted += 20) {
      await Promise.all(Array.from({ length: 20 }, () => world.accept('events', { rowCount: 2 })))
    }
    await world.at('2026-01-01T00:00:09Z')
    expect(await world.firings(pipeline)).toMatchObject([
      { outcome: 'pending', runId: null, dueAt: '2026-01-01T00:00:10.000Z' },
    ])
    await world.at('2026-01-01T00:00:10Z')
    await world.tick()

    const [firing, ...others] = await world.firings(pipeline)
    expect(others).toEqual([])
    expect(firing).toMatchObject({ outcome: 'started', dueAt: null, evidence: { rowCount: 1000 } })
    expect(firing!.says).toMatch(/^500 versions of "events" were accepted, .* with 1,000 rows\.$/)
    await world.until(firing!.runId!)
  })

  it('is decided by itself when its time has come', async () => {
    const pipeline = await world.havePipeline()
    const stop = startPeriodic(world.platform.db, world.pipelines.triggers.jobs, world.platform.log)
    await world.putTrigger(pipeline, {
      on: { kind: 'data', dataset: 'events', debounce: { quietSeconds: 0.3, maxWaitSeconds: 1 } },
    })

    await world.accept('events')
    const due = Date.parse((await world.firings(pipeline))[0]!.dueAt!)
    await expect.poll(async () => (await world.firings(pipeline))[0]!.outcome, { interval: 100 }).toBe('started')
    await stop()

    const [firing] = await world.firings(pipeline)
    expect(Date.parse(firing!.firedAt)).toBeGreaterThanOrEqual(due)
    await world.until(firing!.runId!)
  })

  it('does not wait for ever on a steady stream, and takes a version into account once', async () => {
    const pipeline = await world.havePipeline()
    const from = Date.parse('2026-01-01T00:00:00Z')
    world.outside.clock = new Date(from)
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events', debounce } })

    for (let second = 0; second <= 63; second += 9) {
      await world.accept('events')
      await world.at(new Date(from + second * 1000).toISOString())
    }

    const found = await world.firings(pipeline)
    expect(found.map(({ outcome }) => outcome)).toEqual(['started'])
    expect(found[0]!.evidence['versions']).toHaveLength(8)
    await world.until(found[0]!.runId!)
  })

  it('counts rows until there are enough', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events', minNewRows: 100 } })

    for (const rowCount of [60, 39, 1, 50]) {
      await world.accept('events', { rowCount })
      const run = (await world.firings(pipeline)).at(-1)!.runId
      if (run) await world.until(run)
    }

    expect((await world.firings(pipeline)).map(({ outcome, says }) => [outcome, says])).toEqual([
      ['skipped', expect.stringContaining('There are 60 new rows since the last run, and 100 are needed.')],
      ['skipped', expect.stringContaining('There are 99 new rows')],
      ['started', 'Version 3 of "events" was accepted, with 1 row.'],
      ['skipped', expect.stringContaining('There are 50 new rows')],
    ])
  })

  it('does not hear of other datasets', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { on: { kind: 'data', dataset: 'events' } })

    await world.accept('others')

    expect(await world.firings(pipeline)).toEqual([])
  })
})

describe('model', () => {
  it('starts a run when a version is promoted, and not when another alias moves', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { on: { kind: 'model', model: 'late', event: 'promoted' } })

    await world.announce(registryEvents, 'registry.alias_moved', { model: 'late', alias: 'challenger', version: 3 })
    await world.announce(registryEvents, 'registry.alias_moved', { model: 'late', alias: 'champion', version: 3 })
    await world.settle()

    const found = await world.firings(pipeline)
    expect(found).toMatchObject([{ outcome: 'started', says: 'Version 3 of the model "late" became the champion.' }])
    await world.until(found[0]!.runId!)
  })

  it('breaks the loop of a run whose model starts it again', async () => {
    const pipeline = await world.havePipeline()
    await world.putTrigger(pipeline, { on: { kind: 'model', model: 'late', event: 'registered' } })

    for (let version = 1; version <= 7; version++) {
      await world.announce(registryEvents, 'registry.version_registered', { model: 'late', version })
      await world.settle()
      world.outside.runBehind = (await world.firings(pipeline)).at(-1)!.runId ?? world.outside.runBehind
      await world.until(world.outside.runBehind!)
    }

    const found = await world.firings(pipeline)
    expect(found.map(({ outcome }) => outcome)).toEqual([...Array<string>(6).fill('started'), 'skipped'])
    expect(found.at(-1)!.says).toContain('This is a loop: 6 runs have started one another.')
  })
})

describe('pipeline', () => {
  it('starts a run when one of another pipeline has ended so', async () => {
    const first = await world.havePipeline()
    const second = await world.haveAnother()
    await world.putTrigger(second, { on: { kind: 'pipeline', pipeline: first, state: 'succeeded' } }, 'good')
    await world.putTrigger(second, { on: { kind: 'pipeline', pipeline: first, state: 'failed' } }, 'bad')

    const run = await world.api.startRun({ params: { pipeline: first }, body: {} })
    await world.until(run.id)
    await world.settle()

    const found = await world.firings(second)
    expect(found).toMatchObject([
      {
        trigger: 'good',
        outcome: 'started',
        says: `The run ${run.id} of the pipeline "${first}" has succeeded.`,
        evidence: { runId: run.id },
      },
    ])
    await world.until(found[0]!.runId!)
  })

  it('breaks the loop of two that start one another', async () => {
    const first = await world.havePipeline()
    const second = await world.haveAnother()
    await world.putTrigger(first, { on: { kind: 'pipeline', pipeline: second, state: 'succeeded' } })
    await world.putTrigger(second, { on: { kind: 'pipeline', pipeline: first, state: 'succeeded' } })

    await world.api.startRun({ params: { pipeline: first }, body: {} })

    await expect
      .poll(async () => [...(await world.firings(first)), ...(await world.firings(second))].length, { timeout: 15_000 })
      .toBe(6)
    const all = [...(await world.firings(first)), ...(await world.firings(second))]
    expect(all.filter(({ outcome }) => outcome === 'skipped')).toMatchObject([
      { says: expect.stringContaining('This is a loop') },
    ])
  })
})

it('starts a run when a window closes while the monitor says drift, once for each window', async () => {
  const pipeline = await world.havePipeline()
  await world.putTrigger(pipeline, { on: { kind: 'drift', endpoint: 'late-api' } })
  const window = {
    monitor: 'm',
    endpoint: 'late-api',
    start: '2001-03-01T00:00:00Z',
    end: '2001-03-08T00:00:00Z',
    auc: null,
  }

  await world.announce(monitoringEvents, 'monitoring.window_closed', { ...window, status: 'ok' })
  await world.announce(monitoringEvents, 'monitoring.window_closed', { ...window, status: 'drift' })
  await world.announce(monitoringEvents, 'monitoring.window_closed', { ...window, status: 'drift' })
  await world.settle()

  const found = await world.firings(pipeline)
  expect(found).toMatchObject([
    {
      kind: 'drift',
      outcome: 'started',
      eventTime: '2001-03-08T00:00:00.000Z',
      says: 'The monitor "m" reports drift of "late-api" in the window 2001-03-01T00:00:00Z to 2001-03-08T00:00:00Z.',
    },
  ])
  await world.until(found[0]!.runId!)
})
