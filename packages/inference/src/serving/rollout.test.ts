import { rm } from 'node:fs/promises'
import type { FeatureViewSpec, PredictionRecord } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { InferenceNode } from '../node.ts'
import { artifact, endpoint, isServing, makeFolder, post, row, startTestNode, stateOf, until } from '../testing-node.ts'
import { onnxModel, sum } from '../testing-onnx.ts'
import { ControlPlane } from '../testing.ts'
import { armOf } from './arms.ts'

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

const spec: FeatureViewSpec = {
  description: '',
  entity: 'origin',
  source: { dataset: 'flights', keyColumn: 'origin', eventTimeColumn: 'date', measures: { late: 'delay > 15' } },
  window: { fromSeconds: 6 * 3600, untilSeconds: 2 * 3600 },
  features: [
    { name: 'departures', aggregation: 'count' },
    { name: 'late_share', aggregation: 'mean', measure: 'late' },
  ],
}
const startMs = Date.UTC(2001, 0, 1)
const arms = [
  { arm: 'primary' as const, version: 1, weight: 4000 },
  { arm: 'canary' as const, version: 2, weight: 3000 },
  { arm: 'baseline' as const, version: 1, weight: 3000 },
]

/** Fails in the run when its two inputs have different widths. */
const fragile = (): Buffer =>
  onnxModel({
    inputs: ['a', 'b'].map((name) => ({ name, type: 'float32' as const, shape: ['N', name] })),
    outputs: [{ name: 'y', type: 'float32', shape: ['N', 'K'] }],
    nodes: [{ operator: 'Add', inputs: ['a', 'b'], outputs: ['y'] }],
  })

let plane: ControlPlane
let node: InferenceNode
let folder: string

beforeAll(async () => {
  plane = await ControlPlane.start()
  folder = await makeFolder()
  const plain = [1, 2].map((n) => artifact(n, plane.store(sum(['x'], n))))
  const looked = artifact(1, plane.store(sum(['departures', 'late_share', 'x'], 0)), { model: 'looked' })
  const failing = artifact(1, plane.store(fragile()), { model: 'fragile' })
  const rollout = { arms, salt: 's1', rolloutId: 'r1' }
  plane.update({
    kind: 'snapshot',
    view: 'traffic',
    version: 1,
    sequence: 3,
    spec,
    tiles: [tile('SEA', 0, 1), tile('SEA', 60, 0)],
  })
  plane.publish(
    stateOf(
      7,
      [
        endpoint('m', rollout),
        endpoint('soft', {
          ...rollout,
          recording: { mode: 'fast', sampleShare: 1 },
          paired: { candidate: 2, champion: 1, share: 0.5 },
        }),
        endpoint('paired', { ...rollout, paired: { candidate: 2, champion: 1, share: 1 } }),
        endpoint('sampled', { recording: { mode: 'sampled', sampleShare: 0.25 } }),
        endpoint('off', { recording: { mode: 'off', sampleShare: 1 } }),
        endpoint('looked', { model: 'looked', featureViews: ['traffic'] }),
        endpoint('fragile', { model: 'fragile' }),
      ],
      [...plain, looked, failing],
    ),
  )
  node = await startTestNode(plane, folder)
  await isServing(plane, 7)
})
afterAll(async () => {
  await node.stop()
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

function tile(key: string, minute: number, late: number) {
  return { key, timesMs: [startMs + minute * 60_000], counts: [1], sums: { late: [late] } }
}

const recordsOf = (name: string): PredictionRecord[] => plane.records().filter((record) => record.endpoint === name)
const arrived = (name: string, count: number) =>
  until(`${count} records of ${name}`, () => recordsOf(name).length === count && recordsOf(name))
const ask = async (name: string, body: string) => {
  const response = await post(node.url, `/v2/models/${name}/infer`, body)
  return {
    status: response.status,
    body: (await response.json()) as {
      model_version?: string
      parameters?: object
      outputs?: { shape: number[]; data: number[] }[]
      error?: string
    },
  }
}

it('sends each unit to its arm, whatever request it comes in', async () => {
  const ids = Array.from({ length: 60 }, (_, i) => `flight-${i}`)
  const expected = ids.map((id) => armOf(arms, 's1', id))

  const single = await Promise.all(ids.slice(0, 30).map((id) => ask('m', row({ x: 0 }, { id }))))
  const column = { name: 'x', datatype: 'FP32', shape: [30, 1], data: Array(30).fill(0) }
  const rowIds = { name: 'row_id', datatype: 'BYTES', shape: [30], data: ids.slice(30) }
  const many = await ask('m', JSON.stringify({ inputs: [column, rowIds] }))

  const scores = [...single.map(({ body }) => body.outputs![0]!.data[0]), ...many.body.outputs![0]!.data]
  expect(scores).toEqual(expected.map(({ version }) => version))
  expect(many.body).toMatchObject({ parameters: { model_versions: '1,2' }, outputs: [{ shape: [30, 1] }] })
  expect(many.body.model_version).toBeUndefined()
  const records = await arrived('m', 60)
  const byId = new Map(records.map((record) => [record.id, record]))
  expect(ids.map((id) => byId.get(id)?.arm)).toEqual(expected.map(({ arm }) => arm))
  expect(byId.get('flight-3')).toMatchObject({
    generation: 7,
    rolloutId: 'r1',
    model: 'm',
    features: { x: 0 },
    error: null,
    pairedCandidate: null,
  })
  expect(new Set(records.map(({ arm }) => arm)).size).toBe(3)
})

it('keeps a unit together over many row ids', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      ask('off', row({ x: 0 }, { id: `r${i}`, parameters: { unit: 'passenger-7' } })),
    ),
  )

  expect(new Set(answers.map(({ body }) => body.model_version)).size).toBe(1)
})

it('names the rows of a request after it, and takes event times for all or for each', async () => {
  const column = { name: 'x', datatype: 'FP32', shape: [2, 1], data: [1, 2] }
  const times = {
    name: 'event_time',
    datatype: 'BYTES',
    shape: [2],
    data: ['2001-01-01T00:00:00Z', '2001-01-01T02:00:00+01:00'],
  }
  await ask('sampled', row({ x: 1 }))
  await ask(
    'fragile',
    JSON.stringify({ id: 'q', inputs: ['a', 'b'].map((name) => ({ ...column, name })).concat(times as never) }),
  )
  await ask(
    'fragile',
    JSON.stringify({
      id: 'p',
      inputs: ['a', 'b'].map((name) => ({ ...column, name })),
      parameters: { event_time: '2001-03-01T00:00:00Z' },
    }),
  )

  const records = await arrived('fragile', 4)
  expect(records.map(({ id, eventTime }) => `${id} ${eventTime}`).toSorted()).toEqual([
    'p/0 2001-03-01T00:00:00.000Z',
    'p/1 2001-03-01T00:00:00.000Z',
    'q/0 2001-01-01T00:00:00.000Z',
    'q/1 2001-01-01T01:00:00.000Z',
  ])
})

it('scores the pair on every input, whichever arm answered', async () => {
  const ids = Array.from({ length: 40 }, (_, i) => `p${i}`)
  await Promise.all(ids.map((id, i) => ask('paired', row({ x: i }, { id }))))

  for (const record of await arrived('paired', 40)) {
    const x = Number(record.id.slice(1))
    expect(record).toMatchObject({ pairedChampion: x + 1, pairedCandidate: x + 2, score: x + record.version })
  }
})

it('scores the pair on a share of the units, in soft recording too', async () => {
  const column = { name: 'x', datatype: 'FP32', shape: [400, 1], data: Array(400).fill(5) }
  await ask('soft', JSON.stringify({ id: 'soft', inputs: [column] }))

  const records = await arrived('soft', 400)
  const paired = records.filter(({ pairedChampion }) => pairedChampion !== null)
  // 200 expected; the standard deviation is 10.
  expect(Math.abs(paired.length - 200)).toBeLessThan(60)
  expect(paired.every((record) => record.pairedChampion === 6 && record.pairedCandidate === 7)).toBe(true)
})

it('records a share when it samples, and nothing when it is off', async () => {
  const column = { name: 'x', datatype: 'FP32', shape: [1000, 1], data: Array(1000).fill(0) }
  const before = recordsOf('sampled').length
  await ask('off', JSON.stringify({ inputs: [column] }))
  await ask('sampled', JSON.stringify({ id: 's', inputs: [column] }))

  const records = await until('a sample', () => recordsOf('sampled').length > before + 100 && recordsOf('sampled'))
  // 250 expected; the standard deviation is 14.
  expect(Math.abs(records.length - before - 250)).toBeLessThan(85)
  expect(recordsOf('off')).toEqual([])
})

it('answers a version by its number outside of the rollout', async () => {
  const response = await post(node.url, '/v2/models/m/versions/2/infer', row({ x: 0 }, { id: 'direct' }))

  expect(await response.json()).toMatchObject({ model_version: '2', outputs: [{ data: [2] }] })
  const record = await until('its record', () => recordsOf('m').find(({ id }) => id === 'direct'))
  expect(record).toMatchObject({ version: 2, arm: 'canary', rolloutId: null })
  const metrics = await (await fetch(`${node.url}/metrics`)).text()
  expect(metrics).toContain('evenkeel_predictions_total{deployment="m",version="2",variant="direct",code="200"} 1')
})

it('records and counts what a model failed on, and its neighbours are not harmed', async () => {
  const wide = (name: string, width: number) => ({
    name,
    datatype: 'FP32',
    shape: [1, width],
    data: Array(width).fill(1),
  })
  const bad = ask('fragile', JSON.stringify({ id: 'bad', inputs: [wide('a', 2), wide('b', 3)] }))
  const good = ask('fragile', JSON.stringify({ id: 'good', inputs: [wide('a', 2), wide('b', 2)] }))

  expect((await bad).status).toBe(500)
  expect((await bad).body.error).toMatch(/Add|broadcast|dimension/)
  expect((await good).body.outputs![0]!.data).toEqual([2, 2])
  const record = await until('its record', () => recordsOf('fragile').find(({ id }) => id === 'bad'))
  expect(record).toMatchObject({
    score: null,
    error: expect.stringMatching(/Add|broadcast|dimension/),
    features: { 'a[0]': 1, 'b[2]': 1 },
  })
  const metrics = await (await fetch(`${node.url}/metrics`)).text()
  expect(metrics).toContain(
    'evenkeel_predictions_total{deployment="fragile",version="1",variant="primary",code="500"} 1',
  )
})

const looked = (origin: string, time: string, id: string) =>
  JSON.stringify({
    id,
    parameters: { event_time: time, special_floats: 'string' },
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, 1], data: [100] },
      { name: 'origin', datatype: 'BYTES', shape: [1], data: [origin] },
    ],
  })

it('computes the features that a request lacks as of its event time, and records them', async () => {
  const before = await ask('looked', looked('SEA', '2001-01-01T02:00:00Z', 'f1'))
  const after = await ask('looked', looked('SEA', '2001-01-01T03:00:00Z', 'f2'))
  const unknown = await ask('looked', looked('PHX', '2001-01-01T03:00:00Z', 'f3'))

  // One late departure; two, of which one was late; none, so that the share is NaN.
  expect([before, after, unknown].map(({ body }) => body.outputs![0]!.data[0])).toEqual([102, 102.5, 'NaN'])
  const record = await until('its record', () => recordsOf('looked').find(({ id }) => id === 'f3'))
  expect(record.features).toEqual({ departures: 0, late_share: null, x: 100 })
})

it('applies pushes as they come, acknowledges them, and prefers what the request brings', async () => {
  expect(plane.applied.get('traffic')).toBe(3)
  plane.update({ kind: 'delta', view: 'traffic', version: 1, sequence: 4, spec: null, tiles: [tile('PHX', 0, 1)] })
  await until('the acknowledgement', () => plane.applied.get('traffic') === 4)

  const pushed = await ask('looked', looked('PHX', '2001-01-01T03:00:00Z', 'f4'))
  const brought = await ask('looked', row({ x: 1, departures: 10, late_share: 20 }))

  expect(pushed.body.outputs![0]!.data).toEqual([102])
  expect(brought.body.outputs![0]!.data).toEqual([31])
})

it('asks for a snapshot when pushes are missing', async () => {
  plane.update({ kind: 'delta', view: 'traffic', version: 1, sequence: 9, spec: null, tiles: [] })

  await expect.poll(() => plane.applied.get('traffic'), { timeout: 10_000 }).toBe(3)
})

it('says which key is missing, and which time is too old', async () => {
  const noKey = await ask('looked', row({ x: 1 }))
  const tooOld = await ask('looked', looked('SEA', '2000-12-01T00:00:00Z', 'f5'))

  expect(noKey).toMatchObject({
    status: 400,
    body: { error: expect.stringMatching(/"departures" is missing; send it, or "origin"/) },
  })
  expect(tooOld).toMatchObject({ status: 400, body: { error: expect.stringMatching(/are not kept here any more/) } })
})
