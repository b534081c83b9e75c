import { createClient } from '@evenkeel/client'
import { retention, type RetentionPolicy } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, haveExperiment, haveTrace, type LoggedRun, logRun, tracesLeft } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

const policies = () => createClient(retention, face.world.clientOptions())
const dayMs = 86_400_000
const daysAgo = (days: number) => Date.now() - days * dayMs

/** A run that ended so many days ago. */
async function oldRun(experiment: string, days: number, more: LoggedRun = {}): Promise<string> {
  const run = await logRun(face, { experiment, startedMs: daysAgo(days + 1), ...more })
  const message = { run_id: run, status: 'FINISHED', end_time: daysAgo(days) }
  expect((await face.call('POST', 'runs/update', message)).status).toBe(200)
  return run
}

const putFile = async (path: string, body: string) => {
  const headers = { 'content-type': 'application/octet-stream' }
  await fetch(`${face.world.url}/api/v1/files?path=${path}`, { method: 'PUT', body, headers })
}

const lifecycles = async (experiment: string) => {
  const of = async (lifecycle: 'active' | 'deleted') =>
    (await api.runs.search({ body: { experiments: [experiment], lifecycle } })).items.map(({ id }) => id).toSorted()
  return { active: await of('active'), deleted: await of('deleted') }
}

async function apply(scope: string) {
  const { id } = await policies().apply({ params: { scope } })
  await face.world.settle()
  return policies().pass({ params: { pass: id } })
}

const set = (scope: string, body: Partial<RetentionPolicy>) => policies().set({ params: { scope }, body })
const preview = (scope: string, policy?: Partial<RetentionPolicy>) =>
  policies().preview({ params: { scope }, body: policy ? { policy } : {} })

describe('old runs', () => {
  it('are deleted, without those that are kept for a reason; the preview has said so', async () => {
    const experiment = await haveExperiment(face, 'aging')
    const auc = (value: number) => ({ metrics: { auc: [0.99, value] } })
    const [plain, tagged, best, registered, untagged] = [
      await oldRun(experiment, 40, auc(0.7)),
      await oldRun(experiment, 41, { tags: { 'evenkeel.keep': '' } }),
      await oldRun(experiment, 42, auc(0.9)),
      await oldRun(experiment, 43, auc(0.1)),
      await oldRun(experiment, 44, { tags: { 'evenkeel.keep': 'false' } }),
    ]
    const [latest, running] = [await oldRun(experiment, 20, auc(0.2)), await logRun(face, { experiment, startedMs: 1 })]
    await face.call('POST', 'registered-models/create', { name: 'aged' })
    const version = { name: 'aged', source: 's3://elsewhere/m', run_id: registered }
    expect((await face.call('POST', 'model-versions/create', version)).status).toBe(200)
    const policy: Partial<RetentionPolicy> = {
      deleteRunsAfterDays: 10,
      keep: { tag: 'evenkeel.keep', latest: 1, best: [{ metric: 'auc', order: 'max', count: 1 }] },
    }

    const told = await preview(experiment, policy)
    await set(experiment, policy)
    const pass = await apply(experiment)

    expect(told).toMatchObject({ experiments: 1, deletedRuns: 2, kept: { registered: 1, tagged: 1, chosen: 2 } })
    expect(pass).toMatchObject({ state: 'succeeded', startedBy: 'local', losses: { deletedRuns: 2, files: 0 } })
    expect(await lifecycles(experiment)).toEqual({
      active: [tagged, best, registered, latest, running].toSorted(),
      deleted: [plain, untagged].toSorted(),
    })
    const [entry] = await audited('tracking.delete_old_runs')
    expect(entry).toMatchObject({ actor: 'local', subject: '2 runs', after: { ids: [plain, untagged] } })
  })

  it('lose their files and keep what they measured; a tag says since when', async () => {
    const experiment = await haveExperiment(face, 'heavy')
    const [run, young] = [await oldRun(experiment, 40, { metrics: { auc: [0.5] } }), await oldRun(experiment, 1)]
    const { body } = await face.call('POST', 'logged-models', { experiment_id: experiment, source_run_id: run })
    await putFile(`${experiment}/${run}/artifacts/a.txt`, 'four')
    await putFile(`${experiment}/models/${body.model.info.model_id}/artifacts/MLmodel`, 'model')
    await putFile(`${experiment}/${young}/artifacts/a.txt`, 'four')
    const policy = { deleteFilesAfterDays: 30 }
    await set(experiment, policy)

    const told = await preview(experiment)
    const first = await apply(experiment)
    const second = await apply(experiment)

    const gone = { strippedRuns: 1, files: 2, sizeBytes: 9 }
    expect([told, first.losses]).toMatchObject([gone, gone])
    expect(second.losses).toMatchObject({ strippedRuns: 0, files: 0 })
    const kept = await api.runs.get({ params: { run } })
    expect(kept).toMatchObject({ lifecycle: 'active', metrics: { auc: { last: 0.5 } } })
    expect(kept.tags['evenkeel.files_deleted']).toMatch(/^\d{4}-/)
    expect(await filesOf(experiment)).toEqual([`${experiment}/${young}/artifacts/a.txt`])
  })

  it('go for good when they have been deleted for long, and their experiment with them, and its traces', async () => {
    const [experiment, alive] = [await haveExperiment(face, 'gone'), await haveExperiment(face, 'alive')]
    await oldRun(experiment, 9, { metrics: { auc: [1, 2] } })
    const [deleted, fresh] = [await oldRun(alive, 9), await oldRun(alive, 9)]
    await haveTrace(face, 'tr-gone', { experiment: Number(experiment) })
    await face.call('POST', 'experiments/delete', { experiment_id: experiment })
    await api.runs.remove({ body: { runs: [deleted, fresh] } })
    const { db } = face.world.platform
    await sql`update tracking.experiment set deleted_ms = 1 where experiment_id = ${Number(experiment)}`.execute(db)
    await sql`update tracking.run set deleted_ms = 1
      where experiment_id = ${Number(experiment)} or run_id = ${deleted}`.execute(db)
    await set('default', { purgeAfterDays: 30 })

    const told = await preview('default')
    const pass = await apply('default')

    const gone = { purgedRuns: 2, purgedExperiments: 1, points: 2 }
    expect([told, pass.losses]).toMatchObject([gone, gone])
    expect(await lifecycles(alive)).toEqual({ active: [], deleted: [fresh] })
    await expect(api.experiments.get({ params: { experiment } })).rejects.toMatchObject({ status: 404 })
    expect((await tracesLeft(face)).ids).not.toContain('tr-gone')
    expect(await audited('tracking.purge_experiment')).toMatchObject([{ subject: experiment }])
  })

  it('are looked at by the hundred', async () => {
    const experiment = await haveExperiment(face, 'many')
    await sql`insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, ended_ms, artifact_uri)
      select 'default', 'many-' || n, ${Number(experiment)}, 'r', 'u', 'FINISHED', 1, 2, 's3://b/' || n
      from generate_series(1, 730) n`.execute(face.world.platform.db)
    await set(experiment, { deleteRunsAfterDays: 1 })

    const told = await preview(experiment)
    const pass = await apply(experiment)

    expect([told.deletedRuns, pass.losses.deletedRuns]).toEqual([730, 730])
  })
})

it('takes old traces away, without those that are tagged', async () => {
  const experiment = Number(await haveExperiment(face, 'traced'))
  await haveTrace(face, 'tr-old', { experiment, atMs: daysAgo(20) })
  await haveTrace(face, 'tr-kept', { experiment, atMs: daysAgo(20), tags: { 'evenkeel.keep': 'yes' } })
  await haveTrace(face, 'tr-young', { experiment, atMs: daysAgo(2) })
  await set(String(experiment), { deleteTracesAfterDays: 14 })

  const told = await preview(String(experiment))
  const pass = await apply(String(experiment))

  expect([told.traces, pass.losses.traces]).toEqual([1, 1])
  const left = await tracesLeft(face)
  expect([left.ids, left.files].map((all) => all.filter((id) => /old|kept|young/.test(id)))).toEqual(
    Array(2).fill(['tr-kept', 'tr-young']),
  )
})

describe('policies', () => {
  it('of an experiment go before the default, and one that says nothing is an exemption', async () => {
    const [own, other] = [await haveExperiment(face, 'exempt'), await haveExperiment(face, 'plain')]
    const [stays, goes] = [await oldRun(own, 100), await oldRun(other, 100)]
    await set('default', { deleteRunsAfterDays: 90 })
    await set(own, {})

    await face.world.runJob('tracking.retention_tick')
    await face.world.settle()

    expect(await lifecycles(own)).toEqual({ active: [stays], deleted: [] })
    expect(await lifecycles(other)).toEqual({ active: [], deleted: [goes] })
    const { items } = await policies().passes({ query: { limit: 1 } })
    expect(items).toMatchObject([{ scope: 'all', state: 'succeeded', startedBy: 'retention' }])
    await face.world.runJob('tracking.retention_tick')
    expect((await policies().passes({ query: { limit: 1 } })).items).toEqual(items)
  })

  it('are set, read, listed and taken away, and each change is audited', async () => {
    const experiment = await haveExperiment(face, 'listed')
    await set('default', { purgeAfterDays: 30 })
    const stored = await set(experiment, { deleteFilesAfterDays: 7 })

    expect(stored).toMatchObject({ scope: experiment, experimentName: 'listed', setBy: 'local' })
    expect(stored.policy).toEqual({
      deleteRunsAfterDays: null,
      deleteFilesAfterDays: 7,
      deleteTracesAfterDays: null,
      purgeAfterDays: null,
      keep: { tag: 'evenkeel.keep', latest: 0, best: [] },
    })
    const first = await policies().list({ query: { limit: 1 } })
    expect(first.items).toMatchObject([{ scope: 'default', experimentName: null }])
    const rest = await policies().list({ query: { cursor: first.nextCursor! } })
    expect(rest.items.map(({ scope }) => scope)).toContain(experiment)
    const [entry] = await audited('tracking.set_retention')
    expect(entry).toMatchObject({ subject: experiment, before: null, after: { deleteFilesAfterDays: 7 } })

    expect(await policies().unset({ params: { scope: experiment } })).toEqual({ removed: true })
    expect(await policies().unset({ params: { scope: experiment } })).toEqual({ removed: false })
    expect((await policies().get({ params: { scope: experiment } })).inForce).toMatchObject({ scope: 'default' })
  })

  it('are for admins to set; what is not there, or set, is said', async () => {
    const scientist = createClient(retention, await face.world.asRole('data_scientist'))
    await policies().unset({ params: { scope: 'default' } })

    const refused = { status: 403 }
    await expect(scientist.set({ params: { scope: 'default' }, body: {} })).rejects.toMatchObject(refused)
    await expect(scientist.apply({ params: { scope: 'default' } })).rejects.toMatchObject(refused)
    expect(await scientist.get({ params: { scope: 'default' } })).toEqual({ inForce: null })
    await expect(preview('default')).rejects.toMatchObject({ code: 'tracking.no_retention' })
    await expect(apply('default')).rejects.toMatchObject({ code: 'tracking.no_retention' })
    await expect(set('99999', {})).rejects.toMatchObject({ code: 'tracking.experiment_not_found' })
    await expect(set('default', { purgeAfterDays: 0 })).rejects.toMatchObject({ status: 400 })
    await expect(policies().pass({ params: { pass: 'none' } })).rejects.toMatchObject({
      code: 'tracking.pass_not_found',
    })
  })

  it('are applied one at a time; what a dead server left is taken up', async () => {
    await set('default', { deleteRunsAfterDays: 9000 })
    const { db } = face.world.platform
    await sql`insert into tracking.retention_pass (id, project_id, scope, state, started_by, created_at, losses)
      select 'left', project_id, 'default', 'running', 'ada', now(), losses from tracking.retention_pass limit 1`.execute(
      db,
    )

    await expect(apply('default')).rejects.toMatchObject({ status: 409, code: 'tracking.retaining' })
    await face.world.runJob('tracking.retention_tick')
    await face.world.settle()

    expect(await policies().pass({ params: { pass: 'left' } })).toMatchObject({ state: 'succeeded', startedBy: 'ada' })
  })
})

const audited = (action: string) => listAudit(face.world.platform.db, { projectId: 'default', action, limit: 1 })

async function filesOf(experiment: string): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`
    select path from artifacts.file where path like ${`${experiment}/%`}`.execute(face.world.platform.db)
  return rows.map(({ path }) => path)
}
