import { afterAll, beforeAll, expect, it } from 'vitest'
import { sql } from 'kysely'
import { listAudit } from '../../../platform/audit.ts'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, haveTrace, logRun, tracesLeft } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

const putFile = (path: string, body: string) =>
  fetch(`${face.world.url}/api/v1/files?path=${path}`, {
    method: 'PUT',
    body,
    headers: { 'content-type': 'application/octet-stream' },
  })

const countOf = async (table: string, column = 'run_number', values: readonly number[] = []) => {
  const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(table)}
    where ${values.length === 0 ? sql`true` : sql`${sql.ref(column)} = any(${[...values]}::bigint[])`}`.execute(
    face.world.platform.db,
  )
  return rows[0]!.n
}

const numberOf = async (run: string) => {
  const { rows } = await sql<{ n: number }>`select run_number as n from tracking.run where run_id = ${run}`.execute(
    face.world.platform.db,
  )
  return rows[0]!.n
}

it('tells what would be lost, and deletes just that', async () => {
  const run = await logRun(face, { params: { a: '1' }, metrics: { loss: [1, 2, 3], auc: [1] } })
  const stays = await logRun(face, { metrics: { loss: [1, 2] } })
  const { body } = await face.call('POST', 'logged-models', { experiment_id: '0', source_run_id: run })
  const model: string = body.model.info.model_id
  expect((await putFile(`0/${run}/artifacts/a.txt`, 'four')).status).toBeLessThan(300)
  await putFile(`0/${run}/artifacts/sub/b.txt`, 'seven77')
  await putFile(`0/models/${model}/artifacts/MLmodel`, 'm')
  await putFile(`0/${stays}/artifacts/a.txt`, 'four')
  await api.runs.remove({ body: { runs: [run] } })
  const numbers = [await numberOf(run), await numberOf(stays)]

  const plan = await api.runs.planPurge({ body: { runs: [run, stays] } })
  expect(plan).toMatchObject({ runs: 1, points: 4, loggedModels: 1, files: 3, sizeBytes: 12 })
  expect(plan.kept).toEqual([{ run: stays, why: 'It is not deleted: delete it first.' }])

  const { confirmation } = plan
  expect(await api.runs.purge({ body: { runs: [stays, run], confirmation } })).toEqual(plan)
  await expect(api.runs.get({ params: { run } })).rejects.toMatchObject({ code: 'tracking.run_not_found' })
  expect(await api.runs.get({ params: { run: stays } })).toMatchObject({ metrics: { loss: { count: 2 } } })
  expect((await face.call('GET', `logged-models/${model}`)).status).toBe(404)
  expect(await countOf('tracking.metric_point', 'run_number', numbers)).toBe(2)
  expect(await countOf('tracking.metric_summary', 'run_number', numbers)).toBe(1)
  expect(await countOf('tracking.run_param', 'run_number', [numbers[0]!])).toBe(0)
  expect(await countOf('tracking.purged_run')).toBe(0)
  const files = await sql<{ path: string }>`select path from artifacts.file`.execute(face.world.platform.db)
  expect(files.rows).toEqual([{ path: `0/${stays}/artifacts/a.txt` }])
  const [entry] = await listAudit(face.world.platform.db, {
    projectId: 'default',
    action: 'tracking.purge_runs',
    limit: 1,
  })
  expect(entry).toMatchObject({ subject: run, after: { runs: 1, points: 4, files: 3, ids: [run] } })
})

it('takes along the traces that a run has made, with their files, and no others', async () => {
  const [run, stays] = [await logRun(face), await logRun(face)]
  await haveTrace(face, 'tr-mine', { run })
  await haveTrace(face, 'tr-other', { run: stays })
  await haveTrace(face, 'tr-linked', {})
  const { db } = face.world.platform
  await sql`insert into traces.run_link (trace_number, run_id)
    select trace_number, ${run} from traces.trace where trace_id = 'tr-linked'`.execute(db)
  await api.runs.remove({ body: { runs: [run] } })

  const plan = await api.runs.planPurge({ body: { runs: [run] } })
  await api.runs.purge({ body: { runs: [run], confirmation: plan.confirmation } })

  expect(plan.traces).toBe(1)
  expect(await tracesLeft(face)).toEqual({ ids: ['tr-linked', 'tr-other'], files: ['tr-linked', 'tr-other'] })
  expect([await countOf('traces.span'), await countOf('traces.run_link'), await countOf('traces.purged')]).toEqual([
    2, 0, 0,
  ])
})

it('ends what a crash has left of traces', async () => {
  await haveTrace(face, 'tr-left', { run: 'gone' })
  await sql`insert into traces.purged (project_id, run_id) values ('default', 'gone')`.execute(face.world.platform.db)

  await face.world.runJob('traces.sweep')

  expect((await tracesLeft(face)).ids).not.toContain('tr-left')
})

it('keeps runs that registered models came of, by whichever trace', async () => {
  const runs = [await logRun(face), await logRun(face), await logRun(face), await logRun(face)]
  const [byRun, byModel, byPlace] = runs
  const { body } = await face.call('POST', 'logged-models', { experiment_id: '0', source_run_id: byModel })
  await face.call('POST', 'registered-models/create', { name: 'kept' })
  for (const version of [
    { source: 's3://elsewhere/model', run_id: byRun },
    { source: `models:/${body.model.info.model_id}`, model_id: body.model.info.model_id },
    { source: `mlflow-artifacts:/0/${byPlace}/artifacts/model` },
  ]) {
    const { status } = await face.call('POST', 'model-versions/create', { name: 'kept', ...version })
    expect(status).toBe(200)
  }
  await api.runs.remove({ body: { runs } })
  const plan = await api.runs.planPurge({ body: { runs } })
  expect(plan.runs).toBe(1)
  expect(plan.kept.map(({ run }) => run)).toEqual([byRun, byModel, byPlace])
  expect(plan.kept[0]!.why).toBe('Version 1 of the model "kept" came of it: delete that first.')
})

it('deletes nothing when the plan no longer tells what would be lost', async () => {
  const run = await logRun(face, { metrics: { loss: [1] } })
  await api.runs.remove({ body: { runs: [run] } })
  const { confirmation } = await api.runs.planPurge({ body: { runs: [run] } })
  await putFile(`0/${run}/artifacts/late.txt`, 'late')
  const changed = { code: 'tracking.plan_changed' }
  await expect(api.runs.purge({ body: { runs: [run], confirmation } })).rejects.toMatchObject(changed)
  expect(await api.runs.get({ params: { run } })).toMatchObject({ lifecycle: 'deleted' })
  const none = { body: { runs: ['none'] } }
  await expect(api.runs.planPurge(none)).rejects.toMatchObject({ code: 'tracking.run_not_found' })
})

it('deletes the points of runs that were gone already when the server went down', async () => {
  const run = await logRun(face, { metrics: { loss: [1, 2, 3] } })
  const number = await numberOf(run)
  const { db } = face.world.platform
  await sql`insert into tracking.purged_run values (${number})`.execute(db)
  await sql`delete from tracking.run where run_number = ${number}`.execute(db)
  await face.world.runJob('tracking.sweep_points')
  await face.world.settle()
  expect(await countOf('tracking.metric_point', 'run_number', [number])).toBe(0)
  expect(await countOf('tracking.purged_run')).toBe(0)
})

it('is for admins', async () => {
  const run = await logRun(face)
  const { runs } = clientsOf(face, await face.world.asRole('data_scientist'))
  const refused = { code: 'auth.not_allowed' }
  await expect(runs.planPurge({ body: { runs: [run] } })).rejects.toMatchObject(refused)
  await expect(runs.purge({ body: { runs: [run], confirmation: '' } })).rejects.toMatchObject(refused)
})
