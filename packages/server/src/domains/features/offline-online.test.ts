import { createClient } from '@evenkeel/client'
import { type DatasetVersion, features as endpoints } from '@evenkeel/contract'
import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../../testing.ts'
import { featuresRoutes } from './routes.ts'
import { createFeatures } from './service.ts'
import { flights, openDuckDb, originRecent, storeVersion } from './testing.ts'

const duckDb = await openDuckDb()
const flownFile = join(tmpdir(), `evenkeel-flown-${process.pid}.parquet`)
let flown: DatasetVersion
let world: World

beforeAll(async () => {
  await duckDb.run(`CREATE TABLE source AS FROM ${flights} WHERE date < '2001-01-11'`)
  await duckDb.run(`COPY source TO '${flownFile}'`)
  world = await startWorld({
    domains: (platform) => {
      const datasets = {
        versionsCovering: async () => [flown],
        columnsOf: async () => undefined,
        whyNotExpression: async () => undefined,
      }
      const features = createFeatures({ ...platform, datasets, nodesFollowing: async () => [], now: () => new Date() })
      return [{ routes: (app) => featuresRoutes(app, features) }]
    },
  })
  flown = await storeVersion(world.platform.blobs, await readFile(flownFile))
}, 60_000)

afterAll(async () => {
  await world.stop()
  await rm(flownFile, { force: true })
})

interface Row {
  readonly id: number
  readonly origin: string
  readonly timeMs: number
  readonly origin_late_share: number | null
  readonly origin_departures: string
}

it('gives 1,000 random flights the same features for training and for serving', { timeout: 60_000 }, async () => {
  const client = createClient(endpoints, world.clientOptions())
  const params = { view: 'origin_recent' }
  await client.define({ params, body: originRecent })
  const filled = await client.materialize({
    params,
    body: { from: '2000-12-31T00:00:00Z', until: '2001-01-10T23:59:59Z' },
  })
  await duckDb.run(`CREATE TABLE entities AS
    SELECT row_number() OVER () AS id, origin, date AS event_time, CAST(epoch_ms(date) AS DOUBLE) AS "timeMs"
    FROM (FROM source ORDER BY hash(rowid, 7) LIMIT 1000)`)

  const { sql } = await client.joinSql({ params, query: {} })
  const offline = await duckDb.query<Row>(`SELECT * FROM (${sql}) ORDER BY id`)
  const online = await client.readOnline({
    params,
    body: { keys: offline.map(({ origin }) => origin), eventTimesMs: offline.map(({ timeMs }) => timeMs) },
  })
  // Counted flight by flight, as the definition says it.
  const counted = await duckDb.query<Row>(`
    SELECT e.*, avg(CAST(s.delay > 15 AS DOUBLE)) AS origin_late_share, count(s.date) AS origin_departures
    FROM entities e
    LEFT JOIN source s ON s.origin = e.origin
      AND s.date > e.event_time - INTERVAL 6 HOUR AND s.date <= e.event_time - INTERVAL 2 HOUR
    GROUP BY ALL ORDER BY id`)

  expect(filled).toMatchObject({ eventCount: 163_987, watermark: '2001-01-10T23:59:00.000Z' })
  expect(offline).toHaveLength(1000)
  expect(offline.map((row) => Number(row.origin_departures))).toEqual(online.values['origin_departures'])
  expect(offline.map((row) => row.origin_late_share)).toEqual(online.values['origin_late_share'])
  expect(offline.map((row) => row.origin_departures)).toEqual(counted.map((row) => row.origin_departures))
  // An average adds up in another order than we do, and off the grid: it may differ in the last digits.
  expect(offline.map((row) => row.origin_late_share?.toFixed(12) ?? null)).toEqual(
    counted.map((row) => row.origin_late_share?.toFixed(12) ?? null),
  )
  // Guards the test itself: windows without a flight and windows with many must both be among them.
  expect(new Set(offline.map((row) => row.origin_late_share === null)).size).toBe(2)
})
