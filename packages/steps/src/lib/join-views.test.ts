import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ControlPlane, startControlPlane } from '../testing/control-plane.ts'
import { joinChunks } from './join-chunks.ts'
import { askForViews, joinView } from './join-views.ts'
import { openTables, type Tables } from './tables.ts'

let plane: ControlPlane
let tables: Tables
beforeAll(async () => {
  plane = await startControlPlane()
  tables = await openTables()
  await tables.run(`CREATE TABLE source AS SELECT TIMESTAMP '2001-01-01' + to_milliseconds(i * 7001) AS departed,
    chr(65 + (hash(i) % 5)::INT) AS station, (hash(i, 'x') % 60)::INT AS delay FROM range(450000) t(i)`)
  await tables.run(`CREATE TABLE example AS SELECT departed AS event_time, station FROM source WHERE delay % 5 = 0`)
})
afterAll(async () => {
  tables.close()
  await plane.stop()
})

it('joins many events in chunks of time, with what a join of all would give', async () => {
  const [asked] = await askForViews({ baseUrl: plane.url }, ['station_recent'])
  const chunks = await joinChunks(tables, asked!.windowSeconds)

  const { table } = await joinView(tables, asked!)

  expect(chunks).toHaveLength(3)
  await tables.run(`CREATE VIEW entity AS SELECT rowid AS row_id, * FROM example`)
  const whole = asked!.sql.replaceAll(asked!.entities, 'entity').replaceAll(asked!.events, 'source')
  const { rows, known, wrong } =
    await tables.row(`SELECT count(*)::INT AS rows, count(w.recent_late_share)::INT AS known,
    count(*) FILTER (j.recent_late_share IS DISTINCT FROM w.recent_late_share::FLOAT)::INT AS wrong
    FROM ${table} j JOIN (${whole}) w USING (row_id)`)
  const asMany = await tables.row('SELECT count(*)::INT AS rows FROM example')
  expect({ rows, wrong }).toEqual({ ...asMany, wrong: 0 })
  expect(Number(known)).toBeGreaterThan(80_000)
})

it('joins in one go when the window is long, or the rows are in no order of time', async () => {
  const month = 30 * 86_400
  expect(await joinChunks(tables, month)).toHaveLength(1)

  await tables.run('CREATE OR REPLACE TABLE example AS FROM example ORDER BY hash(event_time)')

  expect(await joinChunks(tables, 7200)).toMatchObject([{ rows: expect.stringMatching(/^rowid >= 0 AND/) }])
})
