import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sql } from 'kysely'
import { type Face, startFace } from '../../mlflow/testing.ts'
import { clientsOf, haveExperiment, logRun } from './testing.ts'

let face: Face
let api: ReturnType<typeof clientsOf>
beforeAll(async () => {
  face = await startFace()
  api = clientsOf(face)
})
afterAll(() => face.world.stop())

describe('a search', () => {
  it('brings the columns that are asked for, and no others', async () => {
    const experiment = await haveExperiment(face, 'columns')
    const id = await logRun(face, {
      experiment,
      name: 'first',
      params: { lr: '0.1', depth: '3' },
      tags: { team: 'a' },
      metrics: { loss: [0.5, 'NaN', 0.25, 0.75], auc: [0.9] },
    })
    const asked = { metrics: ['loss', 'never logged'], params: ['lr'], tags: ['mlflow.runName'] }
    const { items, nextCursor } = await api.runs.search({ body: { experiments: [experiment], ...asked } })
    expect(nextCursor).toBeNull()
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({ id, name: 'first', experimentId: experiment, status: 'RUNNING', endedMs: null })
    expect(items[0]!.metrics).toEqual({
      loss: { last: 0.75, lastStep: 3, lastMs: 1003, min: 0.25, max: 0.75, count: 4 },
    })
    expect(items[0]!.params).toEqual({ lr: '0.1' })
    expect(items[0]!.tags).toEqual({ 'mlflow.runName': 'first' })

    const all = { metrics: 'all', params: 'all', tags: 'all' } as const
    const whole = (await api.runs.search({ body: { experiments: [experiment], ...all } })).items[0]!
    expect(Object.keys(whole.metrics)).toEqual(['auc', 'loss'])
    expect(whole.params).toEqual({ depth: '3', lr: '0.1' })
    expect(whole.tags).toEqual({ 'mlflow.runName': 'first', team: 'a' })
    const none = (await api.runs.search({ body: { experiments: [experiment] } })).items[0]!
    expect([none.metrics, none.params, none.tags]).toEqual([{}, {}, {}])
  })

  it('goes through all active experiments when none is named, page by page', async () => {
    const [one, other, gone] = await Promise.all(['p1', 'p2', 'p3'].map((name) => haveExperiment(face, name)))
    const ids = []
    for (let i = 0; i < 7; i++) {
      const experiment = [one!, other!, gone!][i % 3]!
      ids.push(await logRun(face, { experiment, startedMs: 5000 - i, tags: { batch: 'paged' }, metrics: { s: [i] } }))
    }
    await face.call('POST', 'experiments/delete', { experiment_id: gone })
    // A run may be restored without its experiment, which stays deleted.
    await face.call('POST', 'runs/restore', { run_id: ids[2] })
    const wanted = ids.filter((_, i) => i % 3 !== 2)
    for (const [orderBy, expected] of [
      [[], wanted],
      [['metrics.s DESC'], wanted.toReversed()],
    ] as const) {
      const seen = []
      let cursor: string | undefined
      do {
        const body = { filter: "tags.batch = 'paged'", orderBy: [...orderBy], limit: 2, ...(cursor && { cursor }) }
        const page = await api.runs.search({ body })
        expect(page.items.length).toBeLessThanOrEqual(2)
        seen.push(...page.items.map(({ id }) => id))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      expect(seen).toEqual(expected)
    }
    const deleted = await api.runs.search({ body: { experiments: [gone!], lifecycle: 'deleted' } })
    expect(deleted.items.map(({ id }) => id)).toEqual([ids[5]])
  })

  it('refuses a filter that it cannot read, and a cursor of another query', async () => {
    await expect(api.runs.search({ body: { filter: 'metrics.a >' } })).rejects.toMatchObject({
      code: 'tracking.bad_filter',
    })
    const { nextCursor } = await api.runs.search({ body: { limit: 1 } })
    const other = { limit: 1, cursor: nextCursor!, filter: "status = 'FINISHED'" }
    await expect(api.runs.search({ body: other })).rejects.toMatchObject({ code: 'http.invalid_request' })
  })

  it('finds nothing in an experiment that is not there', async () => {
    const found = await api.runs.search({ body: { experiments: ['999999', 'churn'] } })
    expect(found).toEqual({ items: [], nextCursor: null })
  })
})

describe('a run in full', () => {
  it('tells what it is part of, and what became of it', async () => {
    const experiment = await haveExperiment(face, 'whole')
    const parent = await logRun(face, { experiment })
    const child = await logRun(face, { experiment, parent, metrics: { loss: [1, 2, 'Infinity'] } })
    await face.call('POST', 'registered-models/create', { name: 'churn' })
    const source = `mlflow-artifacts:/${experiment}/${child}/artifacts/model`
    // Nothing but the place of its files says where it comes from.
    await face.call('POST', 'model-versions/create', { name: 'churn', source })

    expect(await api.runs.get({ params: { run: child } })).toMatchObject({
      experimentName: 'whole',
      metrics: { loss: { last: 'Infinity', min: 1, max: 'Infinity', count: 3 } },
      filesFolder: `${experiment}/${child}/artifacts`,
      parentId: parent,
      children: 0,
      pipelineRunId: null,
      modelVersions: [{ model: 'churn', version: 1 }],
    })
    const whole = await api.runs.get({ params: { run: parent } })
    expect(whole).toMatchObject({ parentId: null, children: 1, modelVersions: [], metrics: {} })
  })

  it('is refused when it is not there', async () => {
    await expect(api.runs.get({ params: { run: 'none' } })).rejects.toMatchObject({ code: 'tracking.run_not_found' })
  })
})

describe('groups of runs', () => {
  it('are counted by param, tag or attribute, with what their metrics come to', async () => {
    const experiment = await haveExperiment(face, 'groups')
    const log = (optimizer: string | undefined, loss: readonly (number | 'NaN')[]) =>
      logRun(face, { experiment, ...(optimizer && { params: { optimizer } }), metrics: { loss } })
    await log('adam', [1, 0.5])
    await log('adam', ['NaN'])
    await log('adam', [1.5])
    await log('sgd', [1e308])
    await log('sgd', [1e308])
    await log(undefined, [3, 'NaN'])
    const nothing = { count: 0, mean: null, min: null, max: null, least: null, greatest: null }
    const where = { experiments: [experiment] }

    const { groups, more } = await api.runs.aggregate({
      body: { ...where, groupBy: 'params.optimizer', metrics: ['loss', 'none'] },
    })
    expect(more).toBe(false)
    expect(groups.map(({ value, runs }) => [value, runs])).toEqual([
      ['adam', 3],
      ['sgd', 2],
      [null, 1],
    ])
    expect(groups[0]!.metrics).toEqual({
      loss: { count: 2, mean: 1, min: 0.5, max: 1.5, least: 0.5, greatest: 1.5 },
      none: nothing,
    })
    const huge = { count: 2, mean: 1e308, min: 1e308, max: 1e308, least: 1e308, greatest: 1e308 }
    expect(groups[1]!.metrics['loss']).toEqual(huge)
    expect(groups[2]!.metrics['loss']).toEqual({ ...nothing, least: 3, greatest: 3 })

    const filter = "params.optimizer = 'adam' and metrics.loss > 0"
    expect(await api.runs.count({ body: { ...where, filter } })).toEqual({ runs: 2 })
    const byStatus = await api.runs.aggregate({ body: { ...where, filter, groupBy: 'status' } })
    expect(byStatus.groups).toEqual([{ value: 'RUNNING', runs: 2, metrics: {} }])
    const whole = await api.runs.aggregate({ body: where })
    expect(whole.groups).toEqual([{ value: null, runs: 6, metrics: {} }])
  })

  it('are refused by metrics, and by what is not there', async () => {
    for (const groupBy of ['metrics.loss', 'nothing', 'params.a DESC', '']) {
      await expect(api.runs.aggregate({ body: { groupBy } })).rejects.toMatchObject({ code: 'tracking.bad_filter' })
    }
  })
})

it('ends a page early when its rows are long, and goes on behind it', async () => {
  const experiment = await haveExperiment(face, 'long')
  const { db } = face.world.platform
  await sql`insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, artifact_uri)
    select 'default', 'long' || i, ${experiment}, 'n', 'u', 'FINISHED', i, 'x' from generate_series(1, 150) i`.execute(
    db,
  )
  await sql`insert into tracking.run_param select run_number, 'p' || k, repeat('x', 6000)
    from tracking.run, generate_series(1, 60) k where experiment_id = ${experiment}`.execute(db)
  const body = { experiments: [experiment], params: 'all' as const, limit: 1000 }
  const first = await api.runs.search({ body })
  expect(first.items).toHaveLength(100)
  const rest = await api.runs.search({ body: { ...body, cursor: first.nextCursor! } })
  expect([rest.items.length, rest.nextCursor]).toEqual([50, null])
})
