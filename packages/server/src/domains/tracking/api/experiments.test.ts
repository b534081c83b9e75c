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

const put = (id: string, folder: string) =>
  sql`update tracking.experiment set folder = ${folder} where experiment_id = ${id}`.execute(face.world.platform.db)

describe('the list of experiments', () => {
  it('has those with the newest runs first, and counts their runs', async () => {
    const [old, empty, fresh] = [
      await haveExperiment(face, 'old'),
      await haveExperiment(face, 'empty'),
      await haveExperiment(face, 'fresh'),
    ]
    await logRun(face, { experiment: fresh, startedMs: 2000 })
    const ended = await logRun(face, { experiment: old, startedMs: 1000 })
    await face.call('POST', 'runs/update', { run_id: ended, status: 'FINISHED', end_time: 1500 })
    await logRun(face, { experiment: old, startedMs: 900 })
    const gone = await logRun(face, { experiment: old, startedMs: 9000 })
    await face.call('POST', 'runs/delete', { run_id: gone })

    const seen = []
    let cursor: string | undefined
    do {
      const page = await api.experiments.list({ query: { limit: 1, ...(cursor && { cursor }) } })
      seen.push(...page.items)
      cursor = page.nextCursor ?? undefined
    } while (cursor)
    expect(seen.map(({ id }) => id)).toEqual([fresh, old, empty, '0'])
    expect(seen[1]).toMatchObject({ name: 'old', runs: 2, running: 1, lastRunMs: 1000 })
    expect(seen[2]).toMatchObject({ runs: 0, running: 0, lastRunMs: null })
    expect(await api.experiments.get({ params: { experiment: old } })).toEqual(seen[1])
    await expect(api.experiments.get({ params: { experiment: 'x' } })).rejects.toMatchObject({
      code: 'tracking.experiment_not_found',
    })
  })

  it('looks into folders, names what lies in them, and finds by part of a name', async () => {
    for (const [name, folder] of [
      ['Churn a', 'team/churn'],
      ['Churn b', 'team/churn/deep'],
      ['fraud', 'team/fraud'],
      ['loose', 'team'],
      ['tea', 'teatime'],
    ] as const) {
      await put(await haveExperiment(face, name), folder)
    }
    const namesOf = async (query: object) => {
      const { items, folders } = await api.experiments.list({ query })
      return { names: items.map(({ name }) => name).toSorted(), folders }
    }
    expect((await namesOf({})).folders).toEqual([
      { folder: 'team', experiments: 4 },
      { folder: 'teatime', experiments: 1 },
    ])
    expect(await namesOf({ folder: 'team' })).toEqual({
      names: ['Churn a', 'Churn b', 'fraud', 'loose'],
      folders: [
        { folder: 'team/churn', experiments: 2 },
        { folder: 'team/fraud', experiments: 1 },
      ],
    })
    expect((await namesOf({ folder: 'team', search: 'CHURN' })).names).toEqual(['Churn a', 'Churn b'])
    expect((await namesOf({ search: '%' })).names).toEqual([])
  })

  it('keeps what was deleted apart', async () => {
    const id = await haveExperiment(face, 'trashed')
    await logRun(face, { experiment: id })
    await face.call('POST', 'experiments/delete', { experiment_id: id })
    expect((await api.experiments.list({ query: { search: 'trashed' } })).items).toEqual([])
    const { items } = await api.experiments.list({ query: { search: 'trashed', lifecycle: 'deleted' } })
    expect(items).toMatchObject([{ id, lifecycle: 'deleted', runs: 1 }])
  })
})

describe('the keys of an experiment', () => {
  it('are those of its active runs, by name, page by page', async () => {
    const [own, other] = [await haveExperiment(face, 'keys'), await haveExperiment(face, 'other keys')]
    await logRun(face, { experiment: own, params: { b: '1', a: '1' }, metrics: { loss: [1], 'val loss': [1] } })
    await logRun(face, { experiment: own, params: { c: '1' } })
    await logRun(face, { experiment: other, params: { aa: '1' }, metrics: { lone: [1] } })
    const gone = await logRun(face, { experiment: own, params: { z: '1' } })
    await face.call('POST', 'runs/delete', { run_id: gone })
    const keys = (query: { kind: 'metric' | 'param' | 'tag'; search?: string; limit?: number; cursor?: string }) =>
      api.experiments.keys({ params: { experiment: own }, query })

    expect(await keys({ kind: 'metric' })).toEqual({ items: ['loss', 'val loss'], nextCursor: null })
    expect((await keys({ kind: 'metric', search: 'VAL' })).items).toEqual(['val loss'])
    expect((await keys({ kind: 'tag' })).items).toEqual(['mlflow.runName'])
    const first = await keys({ kind: 'param', limit: 2 })
    expect(first).toEqual({ items: ['a', 'b'], nextCursor: 'b' })
    const rest = await keys({ kind: 'param', limit: 2, cursor: first.nextCursor! })
    expect(rest).toEqual({ items: ['c'], nextCursor: null })
  })
})
