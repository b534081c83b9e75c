import { createClient } from '@evenkeel/client'
import {
  type DatasetVersion,
  features as endpoints,
  type FeatureUpdate,
  type FeatureViewSpec,
} from '@evenkeel/contract'
import { sql } from 'kysely'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { localCaller } from '../../platform/auth.ts'
import type { Platform } from '../../platform/server.ts'
import { startWorld, type World } from '../../testing.ts'
import { featuresRoutes } from './routes.ts'
import { createFeatures } from './service.ts'
import { openDuckDb, originRecent, storeVersion } from './testing.ts'
import { readBlock } from './tile-block.ts'
import { emptyTile, inOrder } from './tiles.ts'

const hour = 3_600_000
const noon = Date.parse('2001-01-01T12:00:00Z')
const columns = [
  { name: 'origin', type: 'VARCHAR', nullable: true },
  { name: 'date', type: 'TIMESTAMP', nullable: true },
  { name: 'delay', type: 'BIGINT', nullable: true },
]

let world: World
let versions: DatasetVersion[] = []
let nodes: string[] = []

const createOn = (platform: Platform) =>
  createFeatures({
    ...platform,
    datasets: {
      versionsCovering: async () => versions,
      columnsOf: async (_project, dataset) => (dataset === 'flights' ? columns : undefined),
      whyNotExpression: async (expression) =>
        expression.includes(';') ? 'It is more than one expression.' : undefined,
    },
    nodesFollowing: async () => nodes,
    now: () => new Date('2001-07-01T00:00:00Z'),
  })

beforeAll(async () => {
  world = await startWorld({
    domains: (platform) => [{ routes: (app) => featuresRoutes(app, createOn(platform)) }],
  })
}, 60_000)
afterAll(() => world.stop())

const client = () => createClient(endpoints, world.clientOptions())
const define = (view: string, spec: Partial<FeatureViewSpec> = {}) =>
  client().define({ params: { view }, body: { ...originRecent, ...spec } })

type Event = readonly [key: string, timeMs: number, late: number]
let batch = 0

function push(view: string, events: readonly Event[], options: { batchId?: string; wait?: 'store' | 'nodes' } = {}) {
  const { batchId = `batch ${batch++}`, wait = 'store' } = options
  return client().push({
    params: { view },
    query: { wait },
    body: {
      batchId,
      keys: events.map(([key]) => key),
      eventTimesMs: events.map(([, time]) => time),
      measures: { late: events.map(([, , late]) => late) },
    },
  })
}

async function read(view: string, key: string, timeMs: number) {
  const { values } = await client().readOnline({ params: { view }, body: { keys: [key], eventTimesMs: [timeMs] } })
  return [values['origin_departures']![0], values['origin_late_share']![0]]
}

const blocks = async () => {
  const { rows } = await sql<{ view: string; key: string; slot: number; event_count: number; data: Buffer }>`
    select view, key, slot, sum(event_count) as event_count, string_agg(data, ''::bytea order by part) as data
    from features.tile_block group by 1, 2, 3 order by 1, 2, 3`.execute(world.platform.db)
  return rows.map(({ data, ...row }) => {
    const tile = emptyTile(row.key, ['late'])
    readBlock(data, row.slot, ['late'], tile)
    return { ...row, tile: inOrder(tile) }
  })
}

it('makes a new version of a view only when its definition changes', async () => {
  const first = await define('versions')
  const same = await define('versions')
  const changed = await define('versions', { window: { fromSeconds: 7200, untilSeconds: 60 } })

  expect([first.version, same.version, changed.version]).toEqual([1, 1, 2])
  expect(await client().get({ params: { view: 'versions' } })).toEqual(changed)
  expect((await client().list()).items.map(({ name }) => name)).toContain('versions')
})

it.each([
  [
    'a second statement',
    { source: { ...originRecent.source, measures: { late: '1; drop table x' } } },
    'features.bad_expression',
  ],
  ['a key that is no column', { source: { ...originRecent.source, keyColumn: 'orgin' } }, 'features.bad_source'],
  [
    'a time that is no time stamp',
    { source: { ...originRecent.source, eventTimeColumn: 'delay' } },
    'features.bad_source',
  ],
  ['a mean of nothing', { features: [{ name: 'm', aggregation: 'mean', measure: 'early' }] }, 'http.invalid_request'],
  [
    'two features of one name',
    {
      features: [
        { name: 'N', aggregation: 'count' },
        { name: 'n', aggregation: 'count' },
      ],
    },
    'http.invalid_request',
  ],
  ['a window that ends before it starts', { window: { fromSeconds: 60, untilSeconds: 60 } }, 'http.invalid_request'],
] satisfies [string, Partial<FeatureViewSpec>, string][])('refuses %s in a definition', async (_what, spec, code) => {
  await expect(define('refused', spec)).rejects.toMatchObject({ code })
  await expect(client().get({ params: { view: 'refused' } })).rejects.toMatchObject({ code: 'features.view_not_found' })
})

it('counts an event from the instant the window opens behind it until the one before it closes', async () => {
  await define('edges')
  await push('edges', [['JFK', noon, 1]])

  expect(await read('edges', 'JFK', noon + 2 * hour - 1)).toEqual([0, null])
  expect(await read('edges', 'JFK', noon + 2 * hour)).toEqual([1, 1])
  expect(await read('edges', 'JFK', noon + 6 * hour - 1)).toEqual([1, 1])
  expect(await read('edges', 'JFK', noon + 6 * hour)).toEqual([0, null])
  expect(await read('edges', 'LAX', noon + 3 * hour)).toEqual([0, null])
})

it('merges what comes late, out of order or at the same time, as if it had come at once', async () => {
  const events: Event[] = Array.from({ length: 300 }, (_, i) => [
    `K${i % 3}`,
    noon + ((i * 7919) % 100) * hour,
    (i % 10) / 8,
  ])
  await define('pieces')
  await define('whole')

  for (const part of [events.slice(200), events.slice(0, 50), events.slice(50, 200)]) await push('pieces', part)
  const { watermark } = await push('whole', events)

  expect(watermark).toBe('2001-01-05T15:00:00.000Z')
  expect(await client().get({ params: { view: 'pieces' } })).toMatchObject({ eventCount: 300, watermark })
  const stored = await blocks()
  const of = (view: string) => stored.filter((row) => row.view === view).map((row) => ({ ...row, view: '' }))
  expect(of('pieces')).toEqual(of('whole'))
  expect(of('whole').length).toBeGreaterThan(3)
})

it('takes a batch once, however often and however many times at once it is sent', async () => {
  await define('once')

  const answers = await Promise.all(
    Array.from({ length: 6 }, () => push('once', [['JFK', noon, 1]], { batchId: 'the same' })),
  )

  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
  expect(answers[0]).toMatchObject({ accepted: 1, sequence: 1 })
  expect(await client().get({ params: { view: 'once' } })).toMatchObject({ eventCount: 1 })
  expect(await read('once', 'JFK', noon + 3 * hour)).toEqual([1, 1])
})

it.each([
  ['a key without a time', { keys: ['a', 'b'], eventTimesMs: [noon], measures: { late: [1, 0] } }],
  ['a missing measure', { keys: ['a'], eventTimesMs: [noon], measures: {} }],
  ['a measure that the view does not have', { keys: ['a'], eventTimesMs: [noon], measures: { late: [1], fare: [1] } }],
  ['too few values', { keys: ['a'], eventTimesMs: [noon], measures: { late: [] } }],
  ['a value too large to sum', { keys: ['a'], eventTimesMs: [noon], measures: { late: [1e305] } }],
  ['half a millisecond', { keys: ['a'], eventTimesMs: [noon + 0.5], measures: { late: [1] } }],
  [
    'an event of next week',
    { keys: ['a'], eventTimesMs: [Date.parse('2001-07-08T00:00:00Z')], measures: { late: [1] } },
  ],
])('stores nothing of a push with %s', async (_what, events) => {
  await define('bad')
  const before = await blocks()

  const refusal = client().push({ params: { view: 'bad' }, query: {}, body: { batchId: 'bad', ...events } })

  await expect(refusal).rejects.toMatchObject({ status: 422, code: 'features.bad_push' })
  expect(await blocks()).toEqual(before)
  expect(await client().get({ params: { view: 'bad' } })).toMatchObject({ eventCount: 0, watermark: null })
})

it('forgets the events when a definition gives them another meaning, and keeps them otherwise', async () => {
  await define('meaning')
  await push('meaning', [['JFK', noon, 1]])

  await define('meaning', { window: { fromSeconds: 10 * 3600, untilSeconds: 0 } })
  expect(await read('meaning', 'JFK', noon + 9 * hour)).toEqual([1, 1])

  await define('meaning', { source: { ...originRecent.source, measures: { late: 'delay > 30' } } })
  expect(await read('meaning', 'JFK', noon + 3 * hour)).toEqual([0, null])
  expect(await client().get({ params: { view: 'meaning' } })).toMatchObject({
    eventCount: 0,
    watermark: null,
    version: 3,
  })
})

it('fills the store from a dataset, and again without counting twice; what lies outside of the span stays', async () => {
  const file = join(tmpdir(), `evenkeel-features-${process.pid}.parquet`)
  await (
    await openDuckDb()
  ).run(`COPY (
    SELECT 'JFK' AS origin, TIMESTAMP '2001-01-01 00:00:00' + INTERVAL (i) HOUR AS date, i % 40 AS delay FROM range(72) t(i)
  ) TO '${file}'`)
  versions = [await storeVersion(world.platform.blobs, await readFile(file))]
  await rm(file)
  await define('filled')
  await push('filled', [
    ['JFK', noon - 24 * hour, 1],
    ['JFK', noon, 0],
    ['JFK', noon + 1, 0],
    ['LAX', noon, 0],
  ])
  const span = { from: '2001-01-01T11:00:00Z', until: '2001-01-02T12:00:00Z' }

  const once = await client().materialize({ params: { view: 'filled' }, body: span })
  const stored = await blocks()
  const twice = await client().materialize({ params: { view: 'filled' }, body: span })

  const narrow = await client().materialize({
    params: { view: 'filled' },
    body: { from: '2001-01-01T12:30:00Z', until: '2001-01-01T14:00:00Z' },
  })

  expect(once).toEqual({ eventCount: 25, sequence: 2, watermark: '2001-01-02T12:00:00.000Z' })
  expect(twice).toEqual({ ...once, sequence: 3 })
  expect(narrow).toEqual({ ...once, eventCount: 2, sequence: 4 })
  expect(await blocks()).toEqual(stored)
  // Of the pushed ones only the one of the day before lies outside of (from, until].
  expect(await client().get({ params: { view: 'filled' } })).toMatchObject({ eventCount: 26 })
  expect(await read('filled', 'JFK', noon + 5 * hour)).toEqual([4, 0])
  expect(await read('filled', 'LAX', noon + 5 * hour)).toEqual([0, null])
  // Delays go 0 to 39 and start anew: at 10:00 to 12:00 of the second day they are 34 to 36.
  expect(await read('filled', 'JFK', noon + 24 * hour + 4 * hour)).toEqual([2, 1])
})

/** Collects what a node would hear, until `stop` is called. */
function listenTo(features: ReturnType<typeof createFeatures>, views: readonly string[]) {
  const heard: FeatureUpdate[] = []
  const stopping = new AbortController()
  const running = (async () => {
    for await (const update of features.follow(localCaller, views, stopping.signal)) heard.push(update)
  })()
  return {
    heard,
    stop() {
      stopping.abort()
      return running
    },
  }
}

it('tells a node of another server first what is there and then each push in order', async () => {
  const node = listenTo(createOn(world.platform), ['told', 'later'])
  await define('told')
  await push('told', [
    ['JFK', noon - 110 * hour, 1],
    ['JFK', noon, 1],
    ['LAX', noon - 102 * hour, 0],
  ])
  const late = listenTo(createOn(world.platform), ['told'])
  await vi.waitUntil(() => late.heard.length === 1, 30_000)

  await push('told', [['JFK', noon, 0]])
  await push('told', [['SFO', noon - hour, 1]])
  await define('later')
  await vi.waitUntil(() => late.heard.length === 3 && node.heard.some(({ view }) => view === 'later'), 30_000)
  await Promise.all([late.stop(), node.stop()])

  // Four days and a window of six hours behind the newest event, which leaves the edge itself out.
  expect(late.heard).toMatchObject([
    { kind: 'snapshot', view: 'told', sequence: 1, spec: originRecent, tiles: [{ key: 'JFK', timesMs: [noon] }] },
    {
      kind: 'delta',
      sequence: 2,
      spec: null,
      tiles: [{ key: 'JFK', timesMs: [noon], counts: [1], sums: { late: [0] } }],
    },
    { kind: 'delta', sequence: 3, tiles: [{ key: 'SFO' }] },
  ])
  const sequences = node.heard.filter(({ view }) => view === 'told').map(({ sequence }) => sequence)
  expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  expect(sequences.at(-1)).toBe(3)
})

it('sends a node the whole view again when the definition changes or the store was filled', async () => {
  await define('anew')
  const node = listenTo(createOn(world.platform), ['anew'])
  await vi.waitUntil(() => node.heard.length === 1, 30_000)

  await define('anew', { description: 'changed' })
  await vi.waitUntil(() => node.heard.length === 2, 30_000)
  await client().materialize({
    params: { view: 'anew' },
    body: { from: '2001-01-01T00:00:00Z', until: '2001-01-01T00:00:00Z' },
  })
  await vi.waitUntil(() => node.heard.length === 3, 30_000)
  await node.stop()

  expect(node.heard.map(({ kind, version, sequence }) => [kind, version, sequence])).toEqual([
    ['snapshot', 1, 0],
    ['snapshot', 2, 0],
    ['snapshot', 2, 1],
  ])
})

it('sends a node that is too far behind the whole view', async () => {
  await define('behind')
  for (let i = 0; i < 3; i++) await push('behind', [['JFK', noon + i, 1]])
  await sql`update features.push set tiles = null where view = 'behind' and sequence = 2`.execute(world.platform.db)
  const node = listenTo(createOn(world.platform), ['behind'])
  await vi.waitUntil(() => node.heard.length === 1, 30_000)
  await node.stop()

  expect(node.heard).toMatchObject([{ kind: 'snapshot', sequence: 3, tiles: [{ counts: [1, 1, 1] }] }])
})

it('answers a push as soon as every node has applied it, and names the ones that have not', async () => {
  await define('waited')
  nodes = ['quick', 'slow']
  const acknowledge = (node: string, sequence: number) =>
    client().acknowledge({ params: { view: 'waited' }, body: { node, sequence } })

  await acknowledge('slow', 1)
  const waiting = push('waited', [['JFK', noon, 1]], { wait: 'nodes' })
  await vi.waitUntil(async () => (await client().get({ params: { view: 'waited' } })).eventCount === 1, 30_000)
  const started = performance.now()
  await acknowledge('quick', 1)
  const inTime = await waiting
  const tookMs = performance.now() - started
  await acknowledge('quick', 2)
  const tooLate = await push('waited', [['JFK', noon, 1]], { wait: 'nodes' })
  nodes = []

  expect(inTime).toMatchObject({ sequence: 1, nodesWaiting: [] })
  expect(tookMs).toBeLessThan(1000)
  expect(tooLate).toMatchObject({ sequence: 2, nodesWaiting: ['slow'] })
})

it('lets a viewer read and not write', async () => {
  await define('guarded')
  const viewer = createClient(endpoints, await world.asRole('viewer'))

  await expect(viewer.get({ params: { view: 'guarded' } })).resolves.toMatchObject({ version: 1 })
  await expect(viewer.define({ params: { view: 'guarded' }, body: originRecent })).rejects.toMatchObject({
    status: 403,
  })
})
