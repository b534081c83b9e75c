import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { localCaller } from '../../platform/auth.ts'
import { type Face, startFace } from '../mlflow/testing.ts'
import { clientsOf, logRun } from './api/testing.ts'
import { journalStore } from './journal-store.ts'
import { createMetricJournal } from './metric-journal.ts'
import { metricStore } from './metric-store.ts'
import { createRunLog } from './run-log.ts'

const { projectId } = localCaller

let face: Face
let keys: Map<string, number>
beforeAll(async () => {
  face = await startFace()
  const store = metricStore(db())
  await store.addKeys(projectId, ['loss'])
  keys = new Map((await store.findKeys(projectId, ['loss'])).map(({ key, key_id }) => [key, key_id]))
})
afterAll(() => face.world.stop())

const db = () => face.world.platform.db

/** Another server on the same database. */
const neighbour = (mostWaiting?: number) =>
  createMetricJournal({ ...face.world.platform, ...(mostWaiting !== undefined && { mostWaiting }) })

const point = (step: number) => ({ key: 'loss', value: step / 2, timestampMs: 1000 + step, step })
const pointsTo = (count: number) => Array.from({ length: count }, (_, step) => point(step))

/** Writes an entry as a server does that dies right after. */
const leave = (runId: string, count: number) => journalStore(db()).add({ projectId, runId }, pointsTo(count), keys)

const logged = async (run_id: string, points: readonly ReturnType<typeof point>[]) => {
  const metrics = points.map(({ timestampMs: timestamp, ...rest }) => ({ ...rest, timestamp }))
  return (await face.call('POST', 'runs/log-batch', { run_id, metrics })).status
}

const stepsOf = async (run_id: string): Promise<number[]> => {
  const { body } = await face.call('GET', 'metrics/get-history', { run_id, metric_key: 'loss' })
  return body.metrics.map(({ step }: { step: number }) => step)
}

const countOf = async (run: string) => (await clientsOf(face).runs.get({ params: { run } })).metrics['loss']?.count ?? 0

/** Rows of a table that belong to a run, also to one that is gone. */
async function rowsOf(table: string, runNumbers: readonly number[]): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from ${sql.table(table)} where run_number = any(${[...runNumbers]}::bigint[])`.execute(
    db(),
  )
  return rows[0]!.count
}

async function numberOf(runId: string): Promise<number> {
  const { rows } = await sql<{ run_number: number }>`
    select run_number from tracking.run where run_id = ${runId}`.execute(db())
  return rows[0]!.run_number
}

const waiting = async (...runIds: readonly string[]) =>
  rowsOf('tracking.metric_journal', await Promise.all(runIds.map(numberOf)))

it('folds the points of the run that is read, and leaves those of others', async () => {
  const [read, other] = [await logRun(face), await logRun(face)]
  await leave(read, 3)
  await leave(other, 3)

  expect(await countOf(read)).toBe(3)

  expect([await waiting(read), await waiting(other)]).toEqual([0, 1])
  expect(await stepsOf(other)).toEqual([0, 1, 2])
})

it('counts points once that come twice: in a batch, in two, and after they were folded', async () => {
  const run = await logRun(face)
  await logged(run, [...pointsTo(3), ...pointsTo(5)])
  await logged(run, pointsTo(8))
  expect([await countOf(run), await stepsOf(run)]).toEqual([8, [0, 1, 2, 3, 4, 5, 6, 7]])

  await logged(run, pointsTo(10))
  await logged(run, [point(2), point(10)])

  expect(await countOf(run)).toBe(11)
  expect(await stepsOf(run)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
})

it('shows each writer what was acknowledged, while two servers fold', async () => {
  const runs = await Promise.all(Array.from({ length: 4 }, () => logRun(face)))
  const other = neighbour()
  let isOver = false
  const folding = (async () => {
    while (!isOver) await other.settle()
  })()

  await Promise.all(
    runs.map(async (run) => {
      for (let step = 0; step < 10; step++) {
        expect(await logged(run, [point(step)])).toBe(200)
        const search = { experiments: [], filter: `metrics.loss = ${step / 2}`, metrics: ['loss'] }
        const found = (await clientsOf(face).runs.search({ body: search })).items.map(({ id }) => id)
        expect({ found, count: await countOf(run) }).toEqual({ found: expect.arrayContaining([run]), count: step + 1 })
      }
    }),
  )
  isOver = true
  await folding
})

it('keeps what was written before a run was deleted, and takes nothing after', async () => {
  const run = await logRun(face)
  await leave(run, 2)
  await face.call('POST', 'runs/delete', { run_id: run })

  expect(await logged(run, [point(7)])).toBe(400)

  await face.call('POST', 'runs/restore', { run_id: run })
  expect(await stepsOf(run)).toEqual([0, 1])
})

it('purges runs while their points are folded: nobody waits for ever, and nothing of them is left', async () => {
  const { runs: api } = clientsOf(face)
  const folder = neighbour()
  for (let round = 0; round < 3; round++) {
    const runs = await Promise.all(Array.from({ length: 6 }, () => logRun(face, { metrics: { loss: [1] } })))
    const numbers = await Promise.all(runs.map(numberOf))
    await api.remove({ body: { runs } })
    const { confirmation } = await api.planPurge({ body: { runs } })
    // Points that the runs have already, so that the plan stays true; from a server that was slow to write them.
    const again = sql`insert into tracking.metric_journal (run_number, point_count, key_ids, steps, timestamps_ms, values)
      select unnest(${numbers.toReversed()}::bigint[]), 1, ${[...keys.values()]}::int[], '{0}', '{1000}', '{1}'`
    let isOver = false
    const folding = (async () => {
      for (; !isOver; await folder.settle()) await again.execute(db())
    })()

    await api.purge({ body: { runs, confirmation } })
    isOver = true
    await folding

    for (const table of ['metric_journal', 'metric_point', 'metric_summary'])
      expect({ table, rows: await rowsOf(`tracking.${table}`, numbers) }).toEqual({ table, rows: 0 })
  }
})

it('drops what was written to a run that is purged while the fold waits for it', async () => {
  const run = await logRun(face)
  const number = await numberOf(run)
  await leave(run, 2)
  let settling: Promise<void> | undefined
  await db()
    .transaction()
    .execute(async (tx) => {
      await sql`select from tracking.run where run_number = ${number} for update`.execute(tx)
      settling = neighbour().settle()
      await expect.poll(() => foldWaits()).toBe(true)
      await sql`delete from tracking.run where run_number = ${number}`.execute(tx)
    })
  await settling

  expect([await rowsOf('tracking.metric_journal', [number]), await rowsOf('tracking.metric_point', [number])]).toEqual([
    0, 0,
  ])
})

async function foldWaits(): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock' and query like '%metric_journal%'`.execute(db())
  return rows.length > 0
}

it('folds at its start what another server left, and soon after a write, without being asked', async () => {
  const [left, fresh] = [await logRun(face), await logRun(face)]
  await leave(left, 2)
  const server = neighbour()

  server.background.start()
  await expect.poll(() => waiting(left)).toBe(0)
  await server.write(2, () => leave(fresh, 2))
  await expect.poll(() => waiting(fresh)).toBe(0)
  await server.background.stop()

  expect(await rowsOf('tracking.metric_point', [await numberOf(left), await numberOf(fresh)])).toBe(4)
})

it('keeps points that cannot be folded, and folds them when they can be', async () => {
  const run = await logRun(face)
  const server = neighbour()
  await sql`alter table tracking.metric_summary rename to away`.execute(db())
  await leave(run, 3)
  server.background.start()
  await expect(server.settle()).rejects.toThrow('does not exist')
  expect(await waiting(run)).toBe(1)

  await sql`alter table tracking.away rename to metric_summary`.execute(db())

  await expect.poll(() => waiting(run)).toBe(0)
  await server.background.stop()
  expect(await stepsOf(run)).toEqual([0, 1, 2])
})

it('has whoever writes fold first when too many points wait', async () => {
  const run = await logRun(face)
  const journal = neighbour(5)
  const runLog = createRunLog({ db: db(), journal })
  const log = (from: number) => runLog.log(localCaller, run, { points: [0, 1, 2].map((at) => point(from + at)) })

  await log(0)
  await log(3)
  expect(await waiting(run)).toBe(2)
  await log(6)

  expect(await waiting(run)).toBe(1)
  await journal.background.stop()
  expect(await stepsOf(run)).toHaveLength(9)
})
