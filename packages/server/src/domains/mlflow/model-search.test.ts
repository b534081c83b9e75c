import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
const ids: Record<string, string> = {}

beforeAll(async () => {
  face = await startFace()
  await haveModel('early', { params: { lr: '0.1' }, type: 'sklearn', metrics: [['acc', 0.5, 'flights', 'd1']] })
  await haveModel('middle', {
    params: { lr: '0.2' },
    tags: { team: 'Blue' },
    metrics: [
      ['acc', 0.9, 'flights', 'd2'],
      ['acc', 0.1, 'weather', 'd3'],
    ],
  })
  await haveModel('late', { metrics: [['acc', 'NaN', '', '']] })
  await haveModel('bare', {})
  await haveModel('gone', {})
  await face.call('DELETE', `logged-models/${ids['gone']}`)
})
afterAll(() => face.world.stop())

interface NewModel {
  readonly type?: string
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly metrics?: readonly (readonly [key: string, value: number | string, dataset: string, digest: string])[]
}

let clock = 1000

async function haveModel(name: string, { type, params = {}, tags = {}, metrics = [] }: NewModel): Promise<void> {
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([key, value]) => ({ key, value }))
  const message = { experiment_id: '0', name, model_type: type, params: pairs(params), tags: pairs(tags) }
  const { body } = await face.call('POST', 'logged-models', message)
  const id = body.model.info.model_id as string
  ids[name] = id
  const { db } = face.world.platform
  await sql`update tracking.logged_model set created_ms = ${clock++} where model_id = ${id}`.execute(db)
  for (const [key, value, dataset, digest] of metrics) {
    await sql`insert into tracking.logged_model_metric (model_number, run_id, key, dataset_name, dataset_digest, value, timestamp_ms, step)
      select model_number, 'r', ${key}, ${dataset}, ${digest}, ${value}, ${clock++}, 0 from tracking.logged_model where model_id = ${id}`.execute(
      db,
    )
  }
}

const search = (message: object) => face.call('POST', 'logged-models/search', { experiment_ids: ['0'], ...message })

async function found(message: object): Promise<string[]> {
  const { status, body } = await search(message)
  expect({ status, message: body.message }).toEqual({ status: 200, message: undefined })
  return body.models.map(({ info }: { info: { name: string } }) => info.name)
}

describe('logged models', () => {
  it('answers as reading one does, newest first, without those that are deleted', async () => {
    const { body } = await search({})
    const { body: read } = await face.call('GET', `logged-models/${ids['middle']}`)
    expect(body.models.map(({ info }: { info: { name: string } }) => info.name)).toEqual([
      'bare',
      'late',
      'middle',
      'early',
    ])
    expect(body.models[2]).toEqual(read.model)
    expect(await found({ experiment_ids: ['1'] })).toEqual([])
  })

  it.each([
    ['metrics.acc > 0.4', ['middle', 'early']],
    ['metrics.acc != 0.5', ['late', 'middle']],
    ['metrics.acc IS NULL', ['bare']],
    ['params.lr = 0.1', ['early']],
    ["params.lr != '0.1' OR model_type = 'sklearn'", ['middle', 'early']],
    ["tags.team ILIKE 'bl%'", ['middle']],
    ["name IN ('late', 'bare')", ['bare', 'late']],
    ["attributes.status = 'LOGGED_MODEL_PENDING' AND NOT metrics.acc > 0", ['bare', 'late']],
    ['creation_time < 1002', ['early']],
  ])('finds by %s', async (filter, expected) => {
    expect(await found({ filter })).toEqual(expected)
  })

  it('asks about metrics on the data sets that are named', async () => {
    expect(await found({ datasets: [{ dataset_name: 'flights' }] })).toEqual(['middle', 'early'])
    expect(await found({ datasets: [{ dataset_name: 'flights', dataset_digest: 'd1' }] })).toEqual(['early'])
    expect(await found({ datasets: [{ dataset_name: 'weather' }], filter: 'metrics.acc > 0.4' })).toEqual([])
  })

  it('orders by the newest value of a metric, on a data set where one is named', async () => {
    const by = (order: object) => found({ order_by: [order] })
    expect(await by({ field_name: 'metrics.acc', ascending: false })).toEqual(['early', 'middle', 'late', 'bare'])
    expect(await by({ field_name: 'metrics.acc', ascending: false, dataset_name: 'flights' })).toEqual([
      'middle',
      'early',
      'bare',
      'late',
    ])
    expect(await by({ field_name: 'name' })).toEqual(['bare', 'early', 'late', 'middle'])
    expect(await by({ field_name: 'model_type' })).toEqual(['early', 'bare', 'late', 'middle'])
  })

  it('pages through what it found, with a token for that query only', async () => {
    const order_by = [{ field_name: 'metrics.acc' }]
    const { body: first } = await search({ order_by, max_results: 3 })
    const page_token = first.next_page_token
    expect(await found({ order_by, page_token })).toEqual(['bare'])
    expect((await search({ page_token })).status).toBe(400)
  })

  it('refuses orders that it does not know', async () => {
    for (const order of [
      { field_name: 'params.lr' },
      { field_name: 'foo' },
      { field_name: 'metrics.acc', dataset_digest: 'd1' },
    ]) {
      expect((await search({ order_by: [order] })).body.error_code).toBe('INVALID_PARAMETER_VALUE')
    }
  })
})
