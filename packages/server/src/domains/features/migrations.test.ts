import { readFile } from 'node:fs/promises'
import pg from 'pg'
import { expect, it } from 'vitest'
import { createDatabase } from '../../testing.ts'
import { originRecent } from './testing.ts'
import { readBlock } from './tile-block.ts'
import { emptyTile, inOrder } from './tiles.ts'

const hour = 3_600_000
const sqlOf = (name: string) => readFile(new URL(`migrations/${name}.sql`, import.meta.url), 'utf8')

/** A block of six hours, as it was packed before: times since its start, counts, sums. */
function oldBlock(rows: readonly { sinceMs: number; count: number; late: number }[]): Buffer {
  const block = Buffer.alloc(rows.length * 16)
  for (const [i, { sinceMs, count, late }] of rows.entries()) {
    block.writeUInt32LE(sinceMs, i * 4)
    block.writeUInt32LE(count, (rows.length + i) * 4)
    block.writeDoubleLE(late, (rows.length + i) * 8)
  }
  return block
}

it('keeps every event of the blocks that were packed before, also before 1970', async () => {
  const database = await createDatabase()
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query('drop schema features cascade')
  await client.query(await sqlOf('0001_initial'))
  await client.query(`insert into features.view (project_id, name, version) values ('p', 'v', 1)`)
  await client.query(
    `insert into features.view_version (project_id, view, version, spec, created_at, created_by)
     values ('p', 'v', 1, $1, now(), 'ana')`,
    [JSON.stringify(originRecent)],
  )
  const old = [
    {
      slot: 5,
      rows: [
        { sinceMs: 7, count: 2, late: 1.5 },
        { sinceMs: hour, count: 1, late: 0 },
      ],
    },
    { slot: 7, rows: [{ sinceMs: 0, count: 3, late: 3 }] },
    { slot: -1, rows: [{ sinceMs: 5 * hour, count: 4, late: 2 }] },
  ]
  for (const { slot, rows } of old) {
    const eventCount = rows.reduce((sum, { count }) => sum + count, 0)
    const block = [slot, eventCount, oldBlock(rows)]
    await client.query(`insert into features.tile_block values ('p', 'v', 'JFK', $1, $2, $3)`, block)
  }

  await client.query(`begin; ${await sqlOf('0002_append')}; commit`)
  const { rows } = await client.query<{ slot: number; event_count: string; data: Buffer }>(
    'select slot, event_count, data from features.tile_block order by slot',
  )
  await client.end()
  await database.drop()

  expect(rows.map(({ slot, event_count }) => [slot, Number(event_count)])).toEqual([
    [-1, 4],
    [1, 6],
  ])
  const tile = emptyTile('JFK', ['late'])
  for (const { slot, data } of rows) readBlock(data, slot, ['late'], tile)
  expect(inOrder(tile)).toEqual({
    key: 'JFK',
    timesMs: [-hour, 30 * hour + 7, 31 * hour, 42 * hour],
    counts: [4, 2, 1, 3],
    sums: { late: [2, 1.5, 0, 3] },
  })
})
