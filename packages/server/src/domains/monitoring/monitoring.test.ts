import type { Rollout } from '@evenkeel/contract'
import { deploymentsEvents, RolloutPlan } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { publish } from '../../platform/events.ts'
import { dayAt, type Labelled, type MonitoringWorld, origin, startMonitoring, traffic } from './testing.ts'

let world: MonitoringWorld
beforeAll(async () => {
  world = await startMonitoring()
}, 60_000)
afterAll(() => world.stop())

/** Predictions, their labels, and the promise that the week is complete. */
async function week(rows: readonly Labelled[], untilDay: number) {
  const { endpoint } = rows[0]!.record
  await world.send(
    `${endpoint}-${untilDay}-${rows[0]!.record.id}`,
    rows.map(({ record }) => record),
  )
  await world.label(endpoint, rows, dayAt(untilDay))
  await world.settle()
}

/** What arrived without closing a window is computed a little later; this does not wait for it. */
const catchUp = () => world.runJob('monitoring.catch_up')

const decayed = (endpoint: string) => world.decayed.filter((event) => event.endpoint === endpoint)

it('computes a window when it closes: rows, versions, drift, performance', async () => {
  await world.watch('fresh', { endpoint: 'fresh' })

  await week(traffic({ endpoint: 'fresh', fromDay: 0, count: 1000, seed: 1 }), 7)

  const [window, ...rest] = await world.windowsOf('fresh')
  expect(rest).toEqual([])
  expect(window).toMatchObject({
    start: origin,
    end: dayAt(7),
    closed: true,
    rowCount: 1000,
    labelCount: 1000,
    versions: [{ version: 1, share: 1 }],
    performance: { status: 'ok' },
    quality: { status: 'ok', findings: [] },
    score: { status: 'ok' },
  })
  expect(window!.columns.map(({ feature, status }) => [feature, status])).toEqual([
    ['distance', 'ok'],
    ['city', 'ok'],
  ])
  expect(await world.client.get({ params: { monitor: 'fresh' } })).toMatchObject({
    status: 'ok',
    recordCount: 1000,
    labelCount: 1000,
    watermark: dayAt(7),
    openIncidents: 0,
  })
})

it('lists monitors by name, page by page, each as it reads by itself', async () => {
  for (const monitor of ['list-b', 'list-a', 'list-c']) await world.watch(monitor, { endpoint: monitor })
  await week(traffic({ endpoint: 'list-b', fromDay: 0, count: 300, seed: 5 }), 7)

  const { items, nextCursor } = await world.client.list({ query: { text: 'LIST-', limit: 2 } })
  const rest = await world.client.list({ query: { text: 'list-', cursor: nextCursor! } })

  expect([...items, ...rest.items].map(({ name, status, model }) => [name, status, model])).toEqual([
    ['list-a', 'no_data', 'flights'],
    ['list-b', 'ok', 'flights'],
    ['list-c', 'no_data', 'flights'],
  ])
  expect(rest.nextCursor).toBeNull()
  expect(items[1]).toEqual(await world.client.get({ params: { monitor: 'list-b' } }))
  expect(items[1]).toMatchObject({ recordCount: 300, latest: { start: origin, rowCount: 300 } })
})

it('shows an open window and closes it later, with the rows that came in between', async () => {
  await world.watch('open', { endpoint: 'open', labelDelaySeconds: 86_400 })
  const rows = traffic({ endpoint: 'open', fromDay: 0, count: 600, seed: 2 })
  await week(rows.slice(0, 300), 7)
  await catchUp()
  expect(await world.windowsOf('open')).toMatchObject([{ closed: false, rowCount: 300 }])

  await week(rows.slice(300), 8)

  expect(await world.windowsOf('open')).toMatchObject([{ closed: true, rowCount: 600 }])
})

it('does not count an open window anew because another one closes', async () => {
  await world.watch('both', { endpoint: 'both' })
  const next = traffic({ endpoint: 'both', fromDay: 7, count: 200, seed: 4 })
  await world.send(
    'both-next',
    next.map(({ record }) => record),
  )
  await week(traffic({ endpoint: 'both', fromDay: 0, count: 300, seed: 3 }), 7)

  expect(await world.windowsOf('both')).toMatchObject([{ closed: true, rowCount: 300 }])
  await catchUp()
  expect((await world.windowsOf('both')).map(({ rowCount }) => rowCount)).toEqual(expect.arrayContaining([200, 300]))
})

it('opens one decay incident at the second bad window, says why, and announces it once', async () => {
  await world.watch('decay', { endpoint: 'decay' })
  world.changes.push({ says: 'version 1 was rolled out', link: '/deployments/decay', at: dayAt(9) })
  const bad = (n: number) => traffic({ endpoint: 'decay', fromDay: 7 * n, count: 800, seed: 10 + n, skilled: false })
  await week(traffic({ endpoint: 'decay', fromDay: 0, count: 800, seed: 10 }), 7)
  await week(bad(1), 14)
  expect(await world.incidentsOf('decay')).toEqual([])

  await week(bad(2), 21)
  await week(bad(3), 28)

  const incidents = await world.incidentsOf('decay')
  expect(incidents).toHaveLength(1)
  expect(incidents[0]).toMatchObject({ kind: 'decay', state: 'open', model: 'flights', eventTimeStart: dayAt(7) })
  expect(incidents[0]!.what.join(' ')).toMatch(/AUC was below 0\.700 in 2 windows in a row.*95 % interval/)
  expect(incidents[0]!.why[0]!.says).toContain('For the same inputs the outcome has changed')
  expect(incidents[0]!.why).toContainEqual(
    expect.objectContaining({ says: '2001-01-10: version 1 was rolled out', link: '/deployments/decay' }),
  )
  expect(incidents[0]!.fix[0]).toMatchObject({ recommended: true })
  expect(incidents[0]!.fix[0]!.command).toMatch(
    /^evenkeel api POST \/api\/v1\/pipelines\/flights-delay\/runs '\{"params":\{"trainFrom":"2000-12-15.*"holdoutUntil":"2001-01-22/,
  )
  expect(decayed('decay')).toMatchObject([{ incidentId: incidents[0]!.id, model: 'flights', eventTime: dayAt(21) }])
  expect(await world.client.get({ params: { monitor: 'decay' } })).toMatchObject({ status: 'decay', openIncidents: 1 })
})

it('resolves an incident when another version takes over, which has to fail anew', async () => {
  await world.watch('swap', { endpoint: 'swap' })
  const bad = (n: number, version: number) =>
    week(traffic({ endpoint: 'swap', fromDay: 7 * n, count: 600, seed: 20 + n, skilled: false, version }), 7 * (n + 1))
  await bad(0, 1)
  await bad(1, 1)

  await bad(2, 2)
  const [first] = await world.incidentsOf('swap')
  expect(first).toMatchObject({
    state: 'resolved',
    resolution: 'Version 2 serves since 2001-01-15, in place of version 1.',
    eventTimeEnd: dayAt(14),
  })
  expect(decayed('swap')).toHaveLength(1)

  await bad(3, 2)
  expect(await world.incidentsOf('swap')).toMatchObject([
    { state: 'resolved' },
    { state: 'open', eventTimeStart: dayAt(14) },
  ])
  expect(decayed('swap').map(({ eventTime }) => eventTime)).toEqual([dayAt(14), dayAt(28)])
})

it('takes a silent week for no data, not for an alarm', async () => {
  await world.watch('silent', { endpoint: 'silent' })
  await week(traffic({ endpoint: 'silent', fromDay: 0, count: 500, seed: 30 }), 7)

  await week(traffic({ endpoint: 'silent', fromDay: 21, count: 500, seed: 31 }), 28)

  const windows = await world.windowsOf('silent')
  expect(windows.map(({ start, rowCount, closed }) => [start, rowCount, closed])).toEqual([
    [dayAt(0), 500, true],
    [dayAt(7), 0, true],
    [dayAt(14), 0, true],
    [dayAt(21), 500, true],
  ])
  expect(windows[1]).toMatchObject({ baselineVersion: null, performance: { status: 'not_computable' } })
  expect(await world.incidentsOf('silent')).toEqual([])
})

it('computes a closed window anew for late records and labels, and takes an incident back', async () => {
  await world.watch('late', { endpoint: 'late' })
  const tossed = (n: number) => traffic({ endpoint: 'late', fromDay: 7 * n, count: 300, seed: 40 + n, skilled: false })
  await week(tossed(0), 7)
  await week(tossed(1), 14)
  expect(await world.incidentsOf('late')).toMatchObject([{ state: 'open' }])

  const honest = traffic({ endpoint: 'late', fromDay: 7, count: 3000, seed: 43 })
  await world.send(
    'late-more',
    honest.map(({ record }) => record),
  )
  await world.label('late', honest)
  await catchUp()

  expect((await world.windowsOf('late'))[1]).toMatchObject({
    rowCount: 3300,
    labelCount: 3300,
    performance: { status: 'ok' },
  })
  expect(await world.incidentsOf('late')).toMatchObject([
    { state: 'resolved', resolution: expect.stringMatching(/^Late/) as string },
  ])
  expect(await world.client.get({ params: { monitor: 'late' } })).toMatchObject({ status: 'ok', openIncidents: 0 })
})

it('loses no window when an evaluation breaks off halfway', async () => {
  await world.watch('broken', { endpoint: 'broken' })
  const rows = traffic({ endpoint: 'broken', fromDay: 0, count: 300, seed: 70, version: 7 })
  await world.send(
    'broken',
    rows.map(({ record }) => record),
  )
  await world.label('broken', rows)
  world.registry.down = true
  await expect(catchUp()).rejects.toThrow('the registry does not answer')
  expect(await world.windowsOf('broken')).toEqual([])

  world.registry.down = false
  await catchUp()

  expect(await world.windowsOf('broken')).toMatchObject([{ rowCount: 300, baselineVersion: 7 }])
})

it('shows what it can of a version that the registry does not know', async () => {
  await world.watch('foreign', { endpoint: 'foreign' })
  const rows = traffic({ endpoint: 'foreign', fromDay: 0, count: 300, seed: 71 })

  await week(
    rows.map(({ label, record }) => ({ label, record: { ...record, model: 'elsewhere' } })),
    7,
  )

  expect(await world.windowsOf('foreign')).toMatchObject([
    { rowCount: 300, columns: [], score: null, performance: { status: 'ok' } },
  ])
})

it('opens incidents for drift and for values that training did not have', async () => {
  await world.watch('drift', { endpoint: 'drift' })
  await week(traffic({ endpoint: 'drift', fromDay: 0, count: 500, seed: 50 }), 7)

  const odd = { maxDistance: 30, cities: ['ATL', 'XXX'] }
  await week(traffic({ endpoint: 'drift', fromDay: 7, count: 500, seed: 51, ...odd }), 14)

  const incidents = await world.incidentsOf('drift')
  expect(incidents.map(({ kind, state }) => [kind, state])).toEqual([
    ['drift', 'open'],
    ['data_quality', 'open'],
  ])
  expect(incidents[0]!.why[0]!.says).toContain('city holds a category that training did not have')
  expect(incidents[0]!.why[1]).toMatchObject({ feature: 'distance', weight: 0.7 })
  expect(incidents[0]!.why[1]!.says).toContain('mean 50 →')
  expect(incidents[1]!.what.join(' ')).toContain('city holds a category that training did not have in')
  expect(incidents[1]!.fix[0]!.command).toBe(
    `evenkeel api GET /api/v1/monitors/drift/windows/${dayAt(7)}/features/city`,
  )

  const params = { monitor: 'drift', start: dayAt(7), feature: 'city' }
  const { categories } = await world.client.compareFeature({ params })
  expect(categories.find(({ value }) => value === 'XXX')).toMatchObject({ referenceShare: 0 })
  const distance = await world.client.compareFeature({ params: { ...params, feature: 'distance' } })
  expect(distance.reference!.counts).toEqual(Array.from({ length: 10 }, () => 1000))
  expect(distance.current!.counts.slice(3)).toEqual([0, 0, 0, 0, 0, 0, 0])
  await expect(world.client.compareFeature({ params: { ...params, start: dayAt(70) } })).rejects.toMatchObject({
    code: 'monitoring.not_found',
  })
})

it('judges everything anew when the monitor changes', async () => {
  await world.watch('again', { endpoint: 'again' })
  await week(traffic({ endpoint: 'again', fromDay: 0, count: 500, seed: 60 }), 14)
  expect(await world.windowsOf('again')).toHaveLength(1)

  await world.watch('again', { endpoint: 'again', windowDays: 3.5 })
  await world.settle()

  const windows = await world.windowsOf('again')
  expect(windows.map(({ start, rowCount }) => [start, rowCount])).toEqual([
    [dayAt(0), 250],
    [dayAt(3.5), 250],
  ])
})

it('reports a rollout that went back, once, as an incident that is over', async () => {
  await world.watch('back', { endpoint: 'back' })
  const rollout: Rollout = {
    id: 'ro-1',
    endpoint: 'back',
    environment: 'production',
    model: 'flights',
    fromVersion: 1,
    toVersion: 2,
    state: 'rolled_back',
    says: 'The canary was worse on quality.',
    plan: RolloutPlan.parse({}),
    stepIndex: 0,
    canaryWeight: 0,
    analysis: [
      {
        name: 'quality',
        decides: true,
        verdict: 'worse',
        canary: '0.52',
        baseline: '0.47',
        difference: 0.05,
        interval: { low: 0.02, high: 0.08 },
        evidence: 100,
        needed: 100,
        unitCount: 900,
        says: 'log loss is higher by 0.05 nats',
      },
    ],
    approvalId: null,
    requestCount: 2000,
    failedRequestCount: 4,
    startedBy: 'ana',
    startedAt: origin,
    endedAt: origin,
    eventTimeStart: dayAt(1),
    eventTimeEnd: dayAt(3),
    history: [],
  }
  world.rollouts.set('ro-1', rollout)
  const news = {
    endpoint: 'back',
    environment: 'production',
    model: 'flights',
    version: 2,
    eventTime: dayAt(3),
  } as const
  const tell = () =>
    world.platform.db.transaction().execute((tx) =>
      publish(tx, deploymentsEvents, 'deployments.rollout_ended', {
        ...news,
        projectId: 'default',
        subject: 'ro-1',
        rolloutId: 'ro-1',
        state: 'rolled_back',
      }),
    )

  await tell()
  await tell()
  await world.settle()

  const incidents = await world.incidentsOf('back')
  expect(incidents).toMatchObject([
    {
      kind: 'rollout',
      state: 'resolved',
      resolution: 'Traffic went back to version 1 automatically.',
      eventTimeEnd: dayAt(3),
      why: [{ says: 'quality: canary 0.52, baseline 0.47. log loss is higher by 0.05 nats' }],
    },
  ])
})
