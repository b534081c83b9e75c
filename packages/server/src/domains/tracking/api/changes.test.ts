import { randomUUID } from 'node:crypto'
import { listAudit } from '../../../platform/audit.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, haveExperiment, logRun } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

const get = (run: string) => api.runs.get({ params: { run } })
const refused = (code: string) => ({ code })

describe('runs', () => {
  it('are renamed, tagged and moved together, with their models and data sets', async () => {
    const target = await haveExperiment(face, 'target')
    const runs = [await logRun(face, { tags: { old: '1' } }), await logRun(face, { tags: { old: '1' } })]
    const dataset = { name: 'd', digest: 'x', source_type: 'local', source: 's' }
    await face.call('POST', 'runs/log-inputs', { run_id: runs[0], datasets: [{ tags: [], dataset }] })
    const { body } = await face.call('POST', 'logged-models', { experiment_id: '0', source_run_id: runs[0] })

    const change = { name: 'new', setTags: { team: 'a' }, deleteTags: ['old'], experiment: target }
    expect(await api.runs.change({ body: { runs: [...runs, runs[0]!], ...change } })).toEqual({ changed: 2 })
    for (const id of runs) {
      const { name, tags, experimentId } = await get(id)
      expect({ name, tags, experimentId }).toEqual({
        name: 'new',
        tags: { 'mlflow.runName': 'new', team: 'a' },
        experimentId: target,
      })
    }
    expect((await get(runs[0]!)).datasets).toMatchObject([{ name: 'd', digest: 'x' }])
    const model = await face.call('GET', `logged-models/${body.model.info.model_id}`)
    expect(model.body.model.info.experiment_id).toBe(target)
    const summaries = await face.call('POST', '/ajax-api/2.0/mlflow/experiments/search-datasets', {
      experiment_ids: [target],
    })
    expect(summaries.body.dataset_summaries).toMatchObject([{ name: 'd' }])
  })

  it('stay as they were, all of them, when one cannot be changed', async () => {
    const [good, gone] = [await logRun(face), await logRun(face)]
    await api.runs.remove({ body: { runs: [gone] } })
    const before = await get(good)
    const change = { name: 'x', setTags: { a: 'b' } }
    for (const [runs, code] of [
      [[good, gone], 'tracking.wrong_lifecycle'],
      [[good, 'none'], 'tracking.run_not_found'],
    ] as const) {
      await expect(api.runs.change({ body: { runs: [...runs], ...change } })).rejects.toMatchObject(refused(code))
    }
    const toNowhere = { runs: [good], ...change, experiment: '999999' }
    await expect(api.runs.change({ body: toNowhere })).rejects.toMatchObject(refused('tracking.experiment_not_found'))
    expect(await get(good)).toEqual(before)
  })

  it.each([
    ['nothing', {}],
    ['a name twice', { name: 'a', setTags: { 'mlflow.runName': 'b' } }],
    ['an empty name', { setTags: { 'mlflow.runName': '' } }],
    ['the deletion of the name', { deleteTags: ['mlflow.runName'] }],
    ['a tag set and deleted', { setTags: { a: '1' }, deleteTags: ['a'] }],
    ['a tag that is a path upwards', { setTags: { '../a': '1' } }],
  ])('refuse %s', async (_, change) => {
    const run = await logRun(face)
    const sent = api.runs.change({ body: { runs: [run], ...change } })
    await expect(sent).rejects.toMatchObject(refused('tracking.bad_value'))
  })

  it('are deleted and restored together, or not at all', async () => {
    const runs = [await logRun(face), await logRun(face)]
    const both = { body: { runs: [...runs, 'none'] } }
    await expect(api.runs.remove(both)).rejects.toMatchObject(refused('tracking.run_not_found'))
    expect((await get(runs[0]!)).lifecycle).toBe('active')
    expect(await api.runs.remove({ body: { runs } })).toEqual({ deleted: 2 })
    expect(await api.runs.remove({ body: { runs } })).toEqual({ deleted: 0 })
    expect((await get(runs[1]!)).lifecycle).toBe('deleted')
    expect(await api.runs.restore({ body: { runs } })).toEqual({ restored: 2 })
    expect((await get(runs[1]!)).lifecycle).toBe('active')
  })

  it('change in a row, and not in a circle, when many change them at once', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => logRun(face)))
    const work = Array.from({ length: 10 }, (_, i) =>
      api.runs.change({
        body: { runs: i % 2 ? runs : runs.toReversed(), name: `name ${i}`, setTags: { at: String(i) } },
      }),
    )
    await Promise.all(work)
    const seen = await Promise.all(runs.map(get))
    expect(new Set(seen.map(({ name, tags }) => `${name} ${tags['at']} ${tags['mlflow.runName']}`)).size).toBe(1)
  })
})

describe('an experiment', () => {
  it('is renamed and moved, which the audit log tells', async () => {
    const experiment = await haveExperiment(face, 'plain')
    const body = { name: 'better', folder: 'team/churn' }
    const changed = await api.experiments.change({ params: { experiment }, body })
    expect(changed).toMatchObject({ id: experiment, ...body })
    const top = await api.experiments.change({ params: { experiment }, body: { folder: '' } })
    expect(top).toMatchObject({ name: 'better', folder: '' })
    const filter = { projectId: 'default', action: 'tracking.change_experiment', subject: experiment, limit: 10 }
    const [, first] = await listAudit(face.world.platform.db, filter)
    expect(first).toMatchObject({ before: { name: 'plain', folder: '' }, after: body })
  })

  it('keeps its name from others, also from those who come at the same time', async () => {
    const ids = await Promise.all(['r1', 'r2', 'r3', 'r4'].map((name) => haveExperiment(face, name)))
    const tries = await Promise.allSettled(
      ids.map((experiment) => api.experiments.change({ params: { experiment }, body: { name: 'wanted' } })),
    )
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of tries.filter((done) => done.status === 'rejected')) {
      expect(one.reason).toMatchObject(refused('tracking.name_taken'))
    }
  })

  it('is refused a folder that is none', async () => {
    const body = { folder: 'a//b' }
    await expect(api.experiments.change({ params: { experiment: '0' }, body })).rejects.toMatchObject(
      refused('http.invalid_request'),
    )
  })
})

it('lets steps change their own runs alone, and nobody’s experiments', async () => {
  const scope = randomUUID()
  const issue = (run: string) =>
    face.world.projects.issueStepToken({ userId: 'local', scope: run, expiresAt: new Date(Date.now() + 60_000) })
  const token = await issue(scope)
  const own = await logRun(face, {}, token)
  const other = await logRun(face)
  const step = clientsOf(face, { baseUrl: face.world.url, token })

  expect(await step.runs.change({ body: { runs: [own], setTags: { a: '1' } } })).toEqual({ changed: 1 })
  const refusal = refused('auth.not_allowed')
  await expect(step.runs.change({ body: { runs: [own, other], name: 'x' } })).rejects.toMatchObject(refusal)
  await expect(step.runs.remove({ body: { runs: [other] } })).rejects.toMatchObject(refusal)
  await expect(step.runs.restore({ body: { runs: [other] } })).rejects.toMatchObject(refusal)
  await expect(step.runs.planPurge({ body: { runs: [own] } })).rejects.toMatchObject(refusal)
  const rename = step.experiments.change({ params: { experiment: '0' }, body: { name: 'x' } })
  await expect(rename).rejects.toMatchObject(refusal)
})
