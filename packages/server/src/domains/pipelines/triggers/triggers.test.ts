import { type DatasetVersion, datasetsEvents, monitoringEvents, type TriggerSpec } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { publish } from '../../../platform/events.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../testing.ts'

let world: PipelinesWorld
let pipeline: string
beforeAll(async () => {
  world = await startPipelinesWorld()
}, 60_000)
afterAll(() => world.stop())

let count = 0
beforeEach(async () => {
  pipeline = `retrain-${++count}`
  Object.assign(world.outside, { versions: [], champion: null, rollout: null })
})

const input = { from: 'dataset', dataset: 'events', start: 'trainFrom', end: 'holdoutUntil' }
const spans = ['trainFrom', 'trainUntil', 'holdoutFrom', 'holdoutUntil']

/** A pipeline with one trigger of this test; what it trains is a line of shell. */
async function haveTrigger(spec: Partial<TriggerSpec> = {}, script = 'true'): Promise<void> {
  // Every test has its own months, so the triggers of the tests before must not listen any more.
  await sql`delete from pipelines.trigger`.execute(world.platform.db)
  const step = shell('train', script, { params: [...spans, 'seed'], inputs: { data: input } })
  await world.api.put({ params: { pipeline }, body: { model: 'late', params: { seed: 1 }, steps: [step] as never } })
  await world.api.putTrigger({
    params: { pipeline, trigger: 'monthly' },
    body: {
      on: { kind: 'schedule', dataset: 'events', every: 'month' },
      dataset: 'events',
      window: { kind: 'months', trainMonths: 1, holdoutMonths: 1 },
      ...spec,
    },
  })
}

/** A month of events is accepted, and everybody has heard of it. */
async function accept(month: string, { until = `${month}-28T23:59:00.000Z` } = {}): Promise<void> {
  const version = world.outside.versions.length + 1
  const { digest, sizeBytes } = await world.platform.blobs.put(Buffer.from(month))
  world.outside.versions.push({
    dataset: 'events',
    version,
    digest,
    rowCount: 1,
    files: [{ path: 'f', digest, sizeBytes }],
    eventTimeMin: `${month}-01T00:00:00.000Z`,
    eventTimeMax: until,
  } as DatasetVersion)
  await announce({ version, eventTimeMax: until })
}

async function announce(news: { version: number; eventTimeMax: string }): Promise<void> {
  await world.platform.db.transaction().execute((tx) =>
    publish(tx, datasetsEvents, 'datasets.version_accepted', {
      projectId: 'default',
      subject: 'events',
      dataset: 'events',
      ...news,
    }),
  )
  await world.settle()
}

async function decay(says: string, eventTime = '2001-03-15T00:00:00.000Z'): Promise<void> {
  const event = { projectId: 'default', subject: 'late-api', monitor: 'm', endpoint: 'late-api', model: 'late' }
  await world.platform.db
    .transaction()
    .execute((tx) =>
      publish(tx, monitoringEvents, 'monitoring.performance_decayed', { ...event, says, eventTime, incidentId: 'i1' }),
    )
  await world.settle()
}

const firings = async () => (await world.api.listFirings({ params: { pipeline }, query: {} })).items
const ended = async (run: string | null) => world.until(run!)

it('retrains when a month is complete, and the run says why and on what', async () => {
  await haveTrigger({ params: { seed: 7 } })
  await accept('2001-01', { until: '2001-01-31T10:00:00.000Z' })
  await accept('2001-02')

  const [february, january] = await firings()

  expect(january).toMatchObject({
    outcome: 'skipped',
    runId: null,
    says:
      'The data of "events" is complete to the end of 2001-01. Not retrained: There is no complete month to train on ' +
      'besides the hold-out 2001-01-01 to 2001-02-01.',
  })
  expect(february).toMatchObject({ outcome: 'started', kind: 'schedule', trigger: 'monthly' })
  const run = await ended(february!.runId)
  expect(run).toMatchObject({
    state: 'succeeded',
    model: 'late',
    createdBy: 'trigger monthly',
    params: {
      seed: 7,
      trainFrom: '2001-01-01T00:00:00.000Z',
      trainUntil: '2001-02-01T00:00:00.000Z',
      holdoutFrom: '2001-02-01T00:00:00.000Z',
      holdoutUntil: '2001-03-01T00:00:00.000Z',
    },
    trigger: {
      kind: 'schedule',
      eventTime: '2001-02-28T23:59:00.000Z',
      says:
        'The data of "events" is complete to the end of 2001-02. Trains on 2001-01-01 to 2001-02-01, holds out ' +
        '2001-02-01 to 2001-03-01.',
    },
  })
})

it('fires once for a month, however often and in whatever order the news comes', async () => {
  await haveTrigger()
  await accept('2001-01', { until: '2001-01-31T10:00:00.000Z' })
  await accept('2001-02')
  await ended((await firings())[0]!.runId)

  await announce({ version: 2, eventTimeMax: '2001-02-28T23:59:00.000Z' })
  await announce({ version: 1, eventTimeMax: '2001-01-31T10:00:00.000Z' })
  await accept('2001-03', { until: '2001-03-20T00:00:00.000Z' })

  expect(await firings()).toHaveLength(2)
})

it('does not fire when it is switched off', async () => {
  await haveTrigger({ enabled: false })
  await accept('2001-01', { until: '2001-01-31T10:00:00.000Z' })

  expect(await firings()).toEqual([])
})

it('retrains on decay, and says what decayed', async () => {
  await haveTrigger({
    on: { kind: 'decay', endpoint: 'late-api' },
    window: { kind: 'recent', trainMonths: 1, holdoutDays: 7 },
  })
  await accept('2001-02')

  await decay('AUC 0.61 is below 0.65 in two windows in a row.')

  const [firing] = await firings()
  expect(firing).toMatchObject({ outcome: 'started', kind: 'decay', eventTime: '2001-03-15T00:00:00.000Z' })
  expect(await ended(firing!.runId)).toMatchObject({
    trigger: {
      kind: 'decay',
      says: expect.stringMatching(/^AUC 0\.61 is below 0\.65 in two windows in a row\. Trains on/),
    },
    params: { trainFrom: '2001-02-01T00:00:00.000Z', trainUntil: '2001-02-22T00:00:00.000Z' },
  })
})

it('does not train twice on the same data, and names the run that did', async () => {
  await haveTrigger({
    on: { kind: 'decay', endpoint: 'late-api' },
    window: { kind: 'recent', trainMonths: 1, holdoutDays: 7 },
  })
  await accept('2001-02')
  await decay('It is bad.')
  const [first] = await firings()
  await ended(first!.runId)

  await decay('It is still bad.')

  const [second] = await firings()
  expect(second).toMatchObject({
    outcome: 'skipped',
    says: `It is still bad. Not retrained: The run ${first!.runId} on the same data, 2001-02-01 to 2001-02-22, has succeeded.`,
  })
})

it('waits for a run in progress, and starts one run for two triggers at once', async () => {
  await haveTrigger({}, 'sleep 60')
  await world.api.putTrigger({
    params: { pipeline, trigger: 'decay' },
    body: {
      on: { kind: 'decay', endpoint: 'late-api' },
      dataset: 'events',
      window: { kind: 'recent', trainMonths: 1, holdoutDays: 3 },
    },
  })
  await accept('2001-01', { until: '2001-01-31T10:00:00.000Z' })
  await Promise.all([accept('2001-02'), decay('It is bad.')])

  const found = await firings()
  const started = found.filter(({ outcome }) => outcome === 'started')

  expect(started).toHaveLength(1)
  const run = started[0]!.runId!
  expect(
    found.find(({ trigger, outcome }) => outcome === 'skipped' && trigger !== started[0]!.trigger)?.says,
  ).toContain(`The run ${run} of this pipeline is in progress.`)
  await world.api.cancelRun({ params: { run }, body: {} })
  await ended(run)
})

it('leaves a rollout and a fresh champion alone', async () => {
  const window = { kind: 'recent', trainMonths: 1, holdoutDays: 7 } as const
  await haveTrigger({ on: { kind: 'decay', endpoint: 'late-api' }, window, cooldownDays: 14 })
  await accept('2001-02')

  world.outside.rollout = 'r9'
  await decay('One.')
  world.outside.rollout = null
  world.outside.champion = {
    version: 2,
    trainedFrom: '2001-01-01T00:00:00Z',
    trainedUntil: '2001-02-01T00:00:00Z',
    promotedEventTime: '2001-03-10T00:00:00Z',
  }
  await decay('Two.')
  world.outside.champion = {
    version: 3,
    trainedFrom: '2001-02-01T00:00:00Z',
    trainedUntil: '2001-02-22T00:00:00Z',
    promotedEventTime: null,
  }
  await decay('Three.')

  expect((await firings()).map(({ says }) => says).toReversed()).toEqual([
    'One. Not retrained: The rollout r9 of this model is in progress.',
    expect.stringMatching(
      /^Two\. Not retrained: Version 2 was promoted at 2001-03-10.* no retraining before 2001-03-24/,
    ),
    'Three. Not retrained: The champion, version 3, was trained on just this data, 2001-02-01 to 2001-02-22.',
  ])
})

it('refuses a trigger of a pipeline that does not exist', async () => {
  const put = world.api.putTrigger({
    params: { pipeline: 'nope', trigger: 'monthly' },
    body: {
      on: { kind: 'decay', endpoint: 'late-api' },
      dataset: 'events',
      window: { kind: 'months', trainMonths: 1, holdoutMonths: 1 },
    },
  })

  await expect(put).rejects.toMatchObject({ code: 'pipelines.not_found' })
})
