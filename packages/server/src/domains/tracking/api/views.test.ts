import { createClient } from '@evenkeel/client'
import { retention, RunViewContents } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, haveExperiment } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

const contents = {
  columns: ['metric:auc', 'best-max:auc', 'param:lr'],
  widthsPx: { 'param:lr': 300 },
  filter: "metrics.auc > 0.8 AND params.`my lr` = '1'",
  orderBy: ['metrics.auc DESC'],
  groupBy: 'params.optimizer',
}
const save = (experiment: string, name: string, more: object = {}) =>
  api.views.create({ params: { experiment }, body: { name, contents: {}, ...more } })
const namesOf = async (experiment: string) =>
  (await api.views.list({ params: { experiment } })).views.map(({ name }) => name)

it('keeps what a view holds, and who made and changed it', async () => {
  const experiment = await haveExperiment(face, 'kept')
  const made = await save(experiment, ' By optimizer ', { contents })

  expect(made).toMatchObject({ name: 'By optimizer', contents, isDefault: false, madeBy: 'local' })
  expect((await save(experiment, 'Plain')).contents).toEqual(RunViewContents.parse({}))
  const params = { experiment, view: made.id }
  const changed = await api.views.update({ params, body: { name: 'Optimizers' } })
  expect(changed).toMatchObject({ id: made.id, name: 'Optimizers', contents, createdAt: made.createdAt })
  expect(changed.updatedAt >= made.updatedAt).toBe(true)
  expect(await namesOf(experiment)).toEqual(['Optimizers', 'Plain'])

  await api.views.delete({ params })
  expect(await namesOf(experiment)).toEqual(['Plain'])
  await expect(api.views.update({ params, body: {} })).rejects.toMatchObject({ code: 'tracking.view_not_found' })
  const told = await listAudit(face.world.platform.db, { projectId: 'default', subject: experiment, limit: 10 })
  expect(told.map(({ action }) => action)).toEqual([
    'tracking.delete_view',
    'tracking.change_view',
    'tracking.save_view',
    'tracking.save_view',
  ])
})

it('lets one view of an experiment open by itself', async () => {
  const experiment = await haveExperiment(face, 'opens')
  const first = await save(experiment, 'a', { isDefault: true })
  const second = await save(experiment, 'b', { isDefault: true })
  const opening = async () =>
    (await api.views.list({ params: { experiment } })).views.filter(({ isDefault }) => isDefault).map(({ id }) => id)

  expect(await opening()).toEqual([second.id])
  await api.views.update({ params: { experiment, view: first.id }, body: { isDefault: true } })
  expect(await opening()).toEqual([first.id])
  await api.views.update({ params: { experiment, view: first.id }, body: { isDefault: false } })
  expect(await opening()).toEqual([])
})

it('refuses a name that is taken, what cannot be read, views of another experiment, and more than there may be', async () => {
  const [one, other] = [await haveExperiment(face, 'one'), await haveExperiment(face, 'other')]
  const { id: view } = await save(one, 'same')
  const { id: second } = await save(one, 'second')
  await save(other, 'same')

  const taken = { code: 'tracking.view_name_taken', status: 409 }
  await expect(save(one, 'same')).rejects.toMatchObject(taken)
  const rename = api.views.update({ params: { experiment: one, view: second }, body: { name: 'same' } })
  await expect(rename).rejects.toMatchObject(taken)
  for (const wrong of [{ filter: 'metrics.auc >' }, { orderBy: ['?'] }, { groupBy: 'metrics.auc' }]) {
    await expect(save(one, 'wrong', { contents: wrong })).rejects.toMatchObject({ code: 'tracking.bad_filter' })
  }
  const elsewhere = api.views.delete({ params: { experiment: other, view } })
  await expect(elsewhere).rejects.toMatchObject({ code: 'tracking.view_not_found' })
  await expect(save('404', 'x')).rejects.toMatchObject({ code: 'tracking.experiment_not_found' })

  await sql`
    insert into tracking.run_view select id || n, project_id, experiment_id, name || n, contents, is_default, made_by,
      created_at, updated_by, updated_at from tracking.run_view, generate_series(1, 199) n where id = ${view}`.execute(
    face.world.platform.db,
  )
  await expect(save(one, 'too many')).rejects.toMatchObject({ code: 'tracking.too_many_views' })
})

it('lets a step look at views, and not change them', async () => {
  const experiment = await haveExperiment(face, 'of a step')
  await save(experiment, 'seen')
  const issued = { userId: 'local', scope: 'a step', expiresAt: new Date(Date.now() + 60_000) }
  const token = await face.world.projects.issueStepToken(issued)
  const step = clientsOf(face, { baseUrl: face.world.url, token })

  expect((await step.views.list({ params: { experiment } })).views).toHaveLength(1)
  const saving = step.views.create({ params: { experiment }, body: { name: 'x', contents: {} } })
  await expect(saving).rejects.toMatchObject({ code: 'auth.not_allowed' })
})

it('goes when its experiment is deleted for good, and cannot change while that is deleted', async () => {
  const experiment = await haveExperiment(face, 'gone')
  await save(experiment, 'stays for now')
  await face.call('POST', 'experiments/delete', { experiment_id: experiment })
  await expect(save(experiment, 'late')).rejects.toMatchObject({ code: 'tracking.wrong_lifecycle' })
  expect(await namesOf(experiment)).toEqual(['stays for now'])

  const { db } = face.world.platform
  await sql`update tracking.experiment set deleted_ms = 1 where experiment_id = ${Number(experiment)}`.execute(db)
  const policies = createClient(retention, face.world.clientOptions())
  await policies.set({ params: { scope: 'default' }, body: { purgeAfterDays: 1 } })
  await policies.apply({ params: { scope: 'default' } })
  await face.world.settle()

  const views = db.selectFrom('tracking.run_view').where('experiment_id', '=', Number(experiment))
  expect(await views.select('id').execute()).toEqual([])
})
