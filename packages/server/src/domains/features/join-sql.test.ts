import type { FeatureViewSpec } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { joinSql } from './join-sql.ts'
import { openDuckDb, originRecent } from './testing.ts'

const duckDb = await openDuckDb()
const at = (hour: number) => `TIMESTAMP '2001-01-01 ${String(hour).padStart(2, '0')}:00:00'`

const spec: FeatureViewSpec = {
  ...originRecent,
  source: {
    dataset: 'odd',
    keyColumn: 'the "key"',
    eventTimeColumn: 'at',
    measures: { fare: 'fare -- what was paid', late: 'delay > 15' },
  },
  entity: 'the.key',
  window: { fromSeconds: 7200, untilSeconds: 0 },
  features: [
    { name: 'n', aggregation: 'count' },
    { name: 'mean-fare', aggregation: 'mean', measure: 'fare' },
    { name: 'late', aggregation: 'mean', measure: 'late' },
  ],
}

it('keeps every row and column, and counts what lies in the window and no more', async () => {
  await duckDb.run(`CREATE TABLE "odd-source" ("the ""key""" VARCHAR, "at" TIMESTAMP, fare DOUBLE, delay INT)`)
  await duckDb.run(`INSERT INTO "odd-source" VALUES
    ('a', ${at(1)}, 0.1, 20), ('a', ${at(1)}, 0.2, 3), ('a', ${at(3)}, 0.4, 16), ('b', ${at(2)}, -5, 0),
    (NULL, ${at(2)}, 1, 1), ('a', NULL, 1, 1), ('a', ${at(2)}, NULL, 1), ('a', ${at(2)}, 'nan', 1)`)
  await duckDb.run(`CREATE TABLE "_e.1" AS SELECT * FROM (VALUES
    (1, 'a', ${at(1)}), (2, 'a', ${at(3)}), (3, 'a', ${at(4)}), (4, 'b', ${at(3)}), (5, 'c', ${at(3)}),
    (6, NULL, ${at(2)}), (7, 'a', NULL), (2, 'a', ${at(3)})) AS t(id, "the.key", "when")`)

  const sql = joinSql(spec, { entities: '_e.1', eventTimeColumn: 'when', source: 'odd-source' })
  const rows = await duckDb.query<Record<string, unknown>>(`SELECT * FROM (${sql}) ORDER BY id`)

  // 0.1 on the grid of 2^-20 is 104858 / 1048576, and 0.2 is 209715 / 1048576.
  const twoFares = (104_858 + 209_715) / 1_048_576 / 2
  expect(rows.map((row) => [row['id'], Number(row['n']), row['mean-fare'], row['late']])).toEqual([
    [1, 2, twoFares, 0.5],
    [2, 1, 419_430 / 1_048_576, 1],
    [2, 1, 419_430 / 1_048_576, 1],
    [3, 1, 419_430 / 1_048_576, 1],
    [4, 1, -5, 0],
    [5, 0, null, null],
    [6, 0, null, null],
    [7, 0, null, null],
  ])
  expect(Object.keys(rows[0]!)).toEqual(['id', 'the.key', 'when', 'n', 'mean-fare', 'late'])
})

it('reads time stamps with a zone, whole numbers as keys, and events before 1970', async () => {
  await duckDb.run(`SET TimeZone = 'America/New_York'`)
  await duckDb.run(
    `CREATE TABLE zoned AS SELECT 7 AS "the ""key""", TIMESTAMPTZ '1969-12-31 23:00:00+00' AS "at", 1 AS fare, 0 AS delay`,
  )
  await duckDb.run(`CREATE TABLE who AS SELECT '7' AS "the.key", TIMESTAMP '1970-01-01 00:00:00' AS "when"`)

  const sql = joinSql(spec, { entities: 'who', eventTimeColumn: 'when', source: 'zoned' })

  expect(await duckDb.query(`SELECT n, "mean-fare" FROM (${sql})`)).toEqual([{ n: '1', 'mean-fare': 1 }])
})
