import { afterAll, beforeAll, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { monitorStore } from './store.ts'
import { dayAt, digestOf, type MonitoringWorld, recordOf, startMonitoring } from './testing.ts'

let world: MonitoringWorld
beforeAll(async () => {
  world = await startMonitoring()
}, 60_000)
afterAll(() => world.stop())

const storedOf = async (endpoint: string) =>
  (await world.client.recentPredictions({ params: { endpoint }, query: { limit: 200 } })).items

const upload = (segment: string, bytes: Uint8Array, digest = digestOf(bytes)) =>
  world.client.addSegment({ params: { segment }, query: { digest, node: 'node-1' }, file: bytes })

const lines = (...rows: unknown[]) => Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))

it('stores a segment as it was sent, plain or packed', async () => {
  const record = recordOf({
    endpoint: 'stored',
    id: 'a',
    rolloutId: 'r1',
    arm: 'canary',
    features: { distance: 1.5, city: 'ATL', night: true, gate: null },
    pairedCandidate: 0.25,
    pairedChampion: 0.75,
  })
  const bytes = lines(record)

  await upload('stored-1', bytes)
  await upload(
    'stored-2',
    gzipSync(lines(recordOf({ endpoint: 'stored', id: 'b', eventTime: dayAt(1), error: 'boom' }))),
  )

  expect(await storedOf('stored')).toEqual([
    recordOf({ endpoint: 'stored', id: 'b', eventTime: dayAt(1), error: 'boom' }),
    record,
  ])
  expect(await world.platform.blobs.bytes(digestOf(bytes))).toEqual(bytes)
})

it('adds nothing when a segment is sent again, or a record comes a second time', async () => {
  const first = [recordOf({ endpoint: 'twice', id: 'a', score: 0.1 }), recordOf({ endpoint: 'twice', id: 'b' })]

  await Promise.all([world.send('twice-1', first), world.send('twice-1', first), world.send('twice-1', first)])
  await world.send('twice-2', [
    recordOf({ endpoint: 'twice', id: 'a', score: 0.9 }),
    recordOf({ endpoint: 'twice', id: 'c', score: 0.3 }),
    recordOf({ endpoint: 'twice', id: 'c', score: 0.4 }),
  ])
  const monitor = await world.watch('twice', { endpoint: 'twice' })

  const scores = (await storedOf('twice')).map(({ id, score }) => [id, score])
  expect(Object.fromEntries(scores)).toEqual({ a: 0.1, b: 0.5, c: 0.3 })
  expect(monitor.recordCount).toBe(3)
})

it.each([
  ['a wrong digest', lines(recordOf({ endpoint: 'bad', id: 'x' })), `sha256:${'0'.repeat(64)}`, /its digest is/],
  [
    'a line that is not JSON',
    Buffer.from(`${JSON.stringify(recordOf({ endpoint: 'bad', id: 'x' }))}\n{"id":`),
    undefined,
    /line 2 is not JSON/,
  ],
  [
    'a record without a score',
    lines(recordOf({ endpoint: 'bad', id: 'x' }), { id: 'y' }),
    undefined,
    /line 2: endpoint/,
  ],
  [
    'an event time that is none',
    lines({ ...recordOf({ endpoint: 'bad', id: 'x' }), eventTime: 'soon' }),
    undefined,
    /line 1: eventTime/,
  ],
  ['an id of 201 characters', lines(recordOf({ endpoint: 'bad', id: 'x'.repeat(201) })), undefined, /line 1: id/],
  [
    'broken gzip',
    gzipSync(lines(recordOf({ endpoint: 'bad', id: 'x' }))).subarray(0, 40),
    undefined,
    /cannot be unpacked/,
  ],
])('refuses a segment with %s and stores nothing of it', async (_, bytes, digest, why) => {
  await expect(upload('bad-1', bytes, digest)).rejects.toMatchObject({
    status: 422,
    code: 'monitoring.bad_segment',
    why: expect.stringMatching(why) as string,
  })

  expect(await storedOf('bad')).toEqual([])
  await expect(world.send('bad-1', [])).resolves.toMatchObject({ recordCount: 0 })
  await world.platform.db.deleteFrom('monitoring.segment').where('segment', '=', 'bad-1').execute()
})

it('refuses other content under the name of a stored segment', async () => {
  await world.send('named', [recordOf({ endpoint: 'named', id: 'a' })])

  await expect(world.send('named', [recordOf({ endpoint: 'named', id: 'b' })])).rejects.toMatchObject({
    code: 'monitoring.bad_segment',
  })
  expect(await storedOf('named')).toHaveLength(1)
})

it('takes a prediction with text that PostgreSQL cannot hold', async () => {
  await world.send('odd', [recordOf({ endpoint: 'odd', id: 'a\0b', features: { city: 'x\0y\uD800z' } })])

  expect(await storedOf('odd')).toMatchObject([{ id: 'a\uFFFDb', features: { city: 'x\uFFFDy\uFFFDz' } }])
})

it.each([
  ['columns of different length', { ids: ['a'], labels: [1, 0], eventTimesMs: [0] }],
  ['a label that is neither 0 nor 1', { ids: ['a'], labels: [2], eventTimesMs: [0] }],
  ['an event time beyond all time', { ids: ['a'], labels: [1], eventTimesMs: [1e300] }],
])('refuses labels with %s', async (_, body) => {
  await expect(world.client.addLabels({ params: { endpoint: 'delays' }, body })).rejects.toMatchObject({
    status: 422,
    code: 'monitoring.bad_labels',
  })
})

it('refuses labels for an endpoint that nobody knows', async () => {
  const body = { ids: [], labels: [], eventTimesMs: [] }

  await expect(world.client.addLabels({ params: { endpoint: 'unknown' }, body })).rejects.toMatchObject({
    code: 'deployments.endpoint_not_found',
  })
})

it('moves the watermark forward only', async () => {
  const until = (days: number) => world.label('water', [], dayAt(days))

  expect(await until(3)).toEqual({ accepted: 0, watermark: dayAt(3) })
  expect(await until(1)).toMatchObject({ watermark: dayAt(3) })
  expect(await world.label('water', [])).toMatchObject({ watermark: dayAt(3) })
})

it('has a window evaluated at once when it closes, and otherwise gathers what arrives', async () => {
  await world.watch('gather', { endpoint: 'gather' })
  await world.settle()
  const jobs = () =>
    world.platform.db
      .withTables<{ 'pgboss.job': { name: string; data: unknown } }>()
      .selectFrom('pgboss.job')
      .select('data')
      .where('name', '=', 'monitoring.evaluate')
      .execute()
      .then((rows) => rows.filter(({ data }) => JSON.stringify(data).includes('"gather"')).length)
  const before = await jobs()

  await Promise.all([1, 2, 3, 4].map((hour) => world.label('gather', [], dayAt(hour / 24))))
  expect(await jobs()).toBe(before + 1)

  await world.label('gather', [], dayAt(7))
  expect(await jobs()).toBe(before + 2)
})

it('answers with an empty page, and refuses a cursor that is none', async () => {
  expect(await world.client.listIncidents({ query: { monitor: 'none' } })).toEqual({ items: [], nextCursor: null })
  await expect(world.client.listIncidents({ query: { cursor: 'x' } })).rejects.toMatchObject({ status: 400 })
  await expect(world.client.get({ params: { monitor: 'none' } })).rejects.toMatchObject({
    code: 'monitoring.not_found',
  })
})

it('takes records in while a window of their monitor is computed', async () => {
  await world.watch('busy', { endpoint: 'busy' })

  await world.platform.db.transaction().execute(async (tx) => {
    await monitorStore(tx).lockMonitor({ projectId: 'default', monitor: 'busy' })
    await world.send('busy-1', [recordOf({ endpoint: 'busy', id: 'a' })])
  })

  expect(await storedOf('busy')).toHaveLength(1)
})
