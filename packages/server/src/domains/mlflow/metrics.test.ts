import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

interface Metric {
  readonly key: string
  readonly value: number | string
  readonly timestamp: number | string
  readonly step: number | string
}

const post = (path: string, message: unknown) => face.call('POST', path, message)
const get = (path: string, message: unknown) => face.call('GET', path, message)

async function newRun(): Promise<string> {
  return (await post('runs/create', { experiment_id: '0' })).body.run.info.run_id
}

const history = async (run_id: string, metric_key: string): Promise<Metric[]> =>
  (await get('metrics/get-history', { run_id, metric_key })).body.metrics

const newest = async (run_id: string): Promise<Metric[]> => (await get('runs/get', { run_id })).body.run.data.metrics

const summaryOf = (run_id: string, key: string) =>
  face.world.platform.db
    .selectFrom('tracking.metric_summary as s')
    .innerJoin('tracking.run as r', 'r.run_number', 's.run_number')
    .innerJoin('tracking.metric_key as k', 'k.key_id', 's.key_id')
    .select(['s.min_value', 's.max_value', 's.point_count', 's.last_value'])
    .where('r.run_id', '=', run_id)
    .where('k.key', '=', key)
    .executeTakeFirst()

const points = (key: string, count: number, from = 0): Metric[] =>
  Array.from({ length: count }, (_, i) => ({ key, value: i / 8, timestamp: 1000 + i, step: from + i }))

const bad = (words: string) => ({
  status: 400,
  body: expect.objectContaining({ error_code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(words) }),
})

describe('a metric', () => {
  it('is appended to, and its newest point is that with the greatest step, timestamp and value', async () => {
    const run_id = await newRun()
    const write = (value: number, timestamp: number, step?: number) =>
      post('runs/log-metric', { run_id, key: 'auc', value, timestamp, step })
    await write(0.5, 30)
    await write(0.9, 20, 2)
    await write(0.7, 10, 2)
    await write(0.8, 20, 2)
    await write(0.1, 40, 1)

    expect(await newest(run_id)).toEqual([{ key: 'auc', value: 0.9, timestamp: 20, step: 2 }])
    expect((await history(run_id, 'auc')).map(({ value }) => value)).toEqual([0.7, 0.8, 0.9, 0.5, 0.1])
    expect(await summaryOf(run_id, 'auc')).toMatchObject({ min_value: 0.1, max_value: 0.9, point_count: 5 })
  })

  it('keeps NaN and infinities, bare or as text, and leaves NaN out of least and greatest', async () => {
    const run_id = await newRun()
    const message = `{"run_id":"${run_id}","metrics":[
      {"key":"odd","value":NaN,"timestamp":1,"step":1},{"key":"odd","value":"Infinity","timestamp":1,"step":2},
      {"key":"odd","value":-Infinity,"timestamp":1,"step":3},{"key":"odd","value":"NaN","timestamp":1,"step":4},
      {"key":"odd","value":"NaN","timestamp":1,"step":4},{"key":"only","value":NaN,"timestamp":1}]}`
    expect(await post('runs/log-batch', message)).toEqual({ status: 200, body: {} })

    expect((await history(run_id, 'odd')).map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity', 'NaN'])
    expect((await newest(run_id)).map(({ value }) => value)).toEqual(['NaN', 'NaN'])
    expect(await summaryOf(run_id, 'odd')).toMatchObject({ min_value: -Infinity, max_value: Infinity, point_count: 4 })
    expect(await summaryOf(run_id, 'only')).toMatchObject({ min_value: null, max_value: null, point_count: 1 })
  })

  it('takes a number however it is written, and nothing that is none', async () => {
    const run_id = await newRun()
    for (const value of ['100000000000000000000', '"1e20"', '1e+20', '"100000000000000000000"']) {
      const text = `{"run_id":"${run_id}","key":"written","value":${value},"timestamp":1}`
      expect({ value, ...(await post('runs/log-metric', text)) }).toMatchObject({ value, status: 200 })
    }
    expect(await history(run_id, 'written')).toMatchObject([{ value: 1e20 }])
    for (const value of ['"high"', '""', 'true', '[1]', '{}', '"nan"']) {
      const text = `{"run_id":"${run_id}","key":"written","value":${value},"timestamp":1}`
      expect({ value, ...(await post('runs/log-metric', text)) }).toEqual({ value, ...bad("parameter 'value'") })
    }
  })

  it('keeps doubles to the last bit, and steps and timestamps beyond 2^53', async () => {
    const run_id = await newRun()
    const values = [0.1 + 0.2, 5e-324, 1.7976931348623157e308, -0, 1e21, 123456789.12345679]
    const metrics = values.map((value, step) => ({ key: 'exact', value, timestamp: 1, step }))
    await post('runs/log-batch', { run_id, metrics })
    expect((await history(run_id, 'exact')).map(({ value }) => value)).toEqual(values.map((value) => value + 0))

    const large = ['9007199254740993', '-9223372036854775808', '9223372036854775807']
    for (const step of large) {
      const text = `{"run_id":"${run_id}","key":"large","value":1,"timestamp":9223372036854775807,"step":${step}}`
      expect((await post('runs/log-metric', text)).status).toBe(200)
      expect((await post('runs/log-metric', { run_id, key: 'text', value: 1, timestamp: '1', step })).status).toBe(200)
    }
    expect(await history(run_id, 'large')).toEqual(
      [large[1], large[0], large[2]].map((step) => ({
        key: 'large',
        value: 1,
        timestamp: '9223372036854775807',
        step,
      })),
    )
    expect((await newest(run_id)).filter(({ key }) => key === 'text')).toEqual([
      { key: 'text', value: 1, timestamp: 1, step: '9223372036854775807' },
    ])
    for (const step of ['9223372036854775808', '1e999', 1e300, 1.5]) {
      expect(await post('runs/log-metric', { run_id, key: 'text', value: 1, timestamp: 1, step })).toEqual(
        bad("'step'"),
      )
    }
  })

  it('has any name that is a path which nothing changes', async () => {
    const run_id = await newRun()
    for (const key of ['val/auc', 'a b:c-d_e.f', 'Größe', '損失', 'x'.repeat(250)]) {
      expect({ key, ...(await post('runs/log-metric', { run_id, key, value: 1, timestamp: 1 })) }).toMatchObject({
        key,
        status: 200,
      })
      expect(await history(run_id, key)).toHaveLength(1)
    }
    for (const key of [
      '../up',
      'a/../b',
      '/root',
      'a//b',
      './a',
      'a/',
      '.',
      '50%',
      '🛫',
      'a\0b',
      'x'.repeat(251),
      '',
    ]) {
      const metric = { key, value: 1, timestamp: 1 }
      const good = { key: 'good', value: 1, timestamp: 1 }
      expect({ key, ...(await post('runs/log-metric', { run_id, ...metric })) }).toMatchObject({ key, status: 400 })
      expect({ key, ...(await post('runs/log-batch', { run_id, metrics: [good, metric] })) }).toMatchObject({
        key,
        status: 400,
      })
    }
    expect(await history(run_id, 'good')).toEqual([])
  })
})

describe('a batch', () => {
  it.each([
    { kind: 'metrics alone', params: [] },
    { kind: 'metrics and params', params: [{ key: 'p', value: '1' }] },
  ])('of $kind changes nothing when it comes again, in part or with points twice', async ({ params }) => {
    const run_id = await newRun()
    const all = points('loss', 500)
    for (const metrics of [all.slice(0, 200), all, all, [...points('loss', 3), ...all]]) {
      expect(await post('runs/log-batch', { run_id, metrics, params })).toEqual({ status: 200, body: {} })
    }
    expect(await history(run_id, 'loss')).toEqual(all)
    expect(await summaryOf(run_id, 'loss')).toEqual({
      min_value: 0,
      max_value: 499 / 8,
      point_count: 500,
      last_value: 499 / 8,
    })
  })

  it('is written whole or not at all', async () => {
    const run_id = await newRun()
    await post('runs/log-parameter', { run_id, key: 'fixed', value: '1' })
    const good = { metrics: points('m', 3), params: [{ key: 'new', value: '1' }], tags: [{ key: 'new', value: '1' }] }
    const wrong = {
      'Changing param values': { params: [...good.params, { key: 'fixed', value: '2' }] },
      'Duplicate parameter keys have been submitted: [': { params: [...good.params, ...good.params] },
      'Timestamp must be a nonnegative long': { metrics: [...good.metrics, { key: 'm', value: 1, timestamp: -1 }] },
      "parameter 'metrics[3].value'": { metrics: [...good.metrics, { key: 'm', timestamp: 1 }] },
      'Invalid tag name': { tags: [...good.tags, { key: '../up', value: '' }] },
      "Logged model with ID 'm-none' not found.": {
        metrics: [...good.metrics, { key: 'm', value: 9, timestamp: 1, model_id: 'm-none' }],
      },
    }
    for (const [words, part] of Object.entries(wrong)) {
      const { status, body } = await post('runs/log-batch', { run_id, ...good, ...part })
      expect({ words, status, message: body.message }).toEqual({
        words,
        status: words.startsWith('Logged model') ? 404 : 400,
        message: expect.stringContaining(words),
      })
    }
    const { data } = (await get('runs/get', { run_id })).body.run
    expect(data).toMatchObject({ metrics: [], params: [{ key: 'fixed', value: '1' }] })
    expect(data.tags.map(({ key }: { key: string }) => key)).toEqual(['mlflow.runName'])
    expect(await history(run_id, 'm')).toEqual([])
  })

  it('holds 1,000 metrics, 100 params, 100 tags, 1,000 in all, and not one more', async () => {
    const run_id = await newRun()
    const pairs = (count: number) => Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: String(i) }))
    expect((await post('runs/log-batch', { run_id, metrics: points('m', 1000) })).status).toBe(200)
    const full = { metrics: points('m', 800), params: pairs(100), tags: pairs(100) }
    expect((await post('runs/log-batch', { run_id, ...full })).status).toBe(200)

    const wrong = {
      'at most 1000 metrics. Got 1001 metrics.': { metrics: points('m', 1001) },
      'at most 100 params. Got 101 params.': { params: pairs(101) },
      'at most 100 tags. Got 101 tags.': { tags: pairs(101) },
      'at most 1000 metrics, params, and tags. Got 1001': { ...full, metrics: points('m', 801) },
    }
    for (const [words, part] of Object.entries(wrong)) {
      expect(await post('runs/log-batch', { run_id, ...part })).toEqual(bad(words))
    }
  })

  it('comes from eight writers at once to one run without a lost point', async () => {
    const run_id = await newRun()
    const keys = ['e', 'c', 'a', 'd', 'b']
    const batch = (writer: number, round: number) => ({
      run_id,
      // Half of each batch is what every other writer sends too, and each sends it in an order of its own.
      metrics: keys.flatMap((_, i) => {
        const key = keys[(i + writer) % keys.length]!
        return [
          ...points(`at once ${key}`, 20, round * 20),
          ...points(`at once ${key}`, 20, 1000 * (writer + 1) + round * 20),
        ]
      }),
      // Every second batch is metrics alone, which are written in another way.
      ...(round % 2 === 0 && {
        tags: [
          { key: `tag ${(writer + round) % 3}`, value: String(writer) },
          { key: 'tag 1', value: 'x' },
        ],
        params: [
          { key: 'same', value: '1' },
          { key: `param ${writer % 2}`, value: '1' },
        ],
      }),
    })
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      const answers = []
      for (let round = 0; round < 5; round++) answers.push((await post('runs/log-batch', batch(writer, round))).status)
      return answers
    })
    expect((await Promise.all(writers)).flat()).toEqual(Array.from({ length: 40 }, () => 200))

    for (const key of keys) {
      const all = await history(run_id, `at once ${key}`)
      expect(all).toHaveLength(100 + 8 * 100)
      expect(await summaryOf(run_id, `at once ${key}`)).toEqual({
        min_value: 0,
        max_value: 19 / 8,
        point_count: 900,
        last_value: 19 / 8,
      })
    }
  })

  it('keeps the newest point on the logged model, for each data set', async () => {
    const run_id = await newRun()
    const { db } = face.world.platform
    const model = { project_id: 'default', model_id: 'm-1', experiment_id: 0, name: 'm', artifact_uri: '' }
    await db
      .insertInto('tracking.logged_model')
      .values({ ...model, status: 'LOGGED_MODEL_READY', created_ms: 0, updated_ms: 0 })
      .execute()
    const point = { key: 'auc', timestamp: 5, model_id: 'm-1', dataset_name: 'test', dataset_digest: 'd' }
    const metrics = [
      { ...point, value: 0.5, step: 1 },
      { ...point, value: 0.7, step: '9007199254740993' },
      { ...point, value: 0.6, step: 2 },
      { ...point, value: 0.9, step: 0, dataset_name: undefined, dataset_digest: undefined },
    ]
    for (const part of [metrics, metrics.slice(0, 1)]) {
      expect((await post('runs/log-batch', { run_id, metrics: part })).status).toBe(200)
    }
    const rows = await db
      .selectFrom('tracking.logged_model_metric')
      .select(['key', 'dataset_name', 'dataset_digest', 'value', 'run_id'])
      .orderBy('dataset_name')
      .execute()
    expect(rows).toEqual([
      { key: 'auc', dataset_name: '', dataset_digest: '', value: 0.9, run_id },
      { key: 'auc', dataset_name: 'test', dataset_digest: 'd', value: 0.7, run_id },
    ])
    expect(await history(run_id, 'auc')).toHaveLength(4)
  })
})

describe('a history', () => {
  it('comes in pages, whose tokens belong to their query', async () => {
    const run_id = await newRun()
    await post('runs/log-batch', { run_id, metrics: points('paged', 25) })
    const page = async (query: object) =>
      get('metrics/get-history', { run_id, metric_key: 'paged', max_results: 10, ...query })
    const first = await page({})
    const token: string = first.body.next_page_token
    const second = await page({ page_token: token })
    const third = await page({ page_token: second.body.next_page_token })

    expect([first, second, third].map(({ body }) => body.metrics.length)).toEqual([10, 10, 5])
    expect([first, second, third].flatMap(({ body }) => body.metrics)).toEqual(points('paged', 25))
    expect(third.body).not.toHaveProperty('next_page_token')
    for (const query of [
      { metric_key: 'other', page_token: token },
      { run_id: await newRun(), page_token: token },
      { page_token: 'bm9uZQ' },
      { page_token: `${token.slice(0, -8)}AAAAAAAA` },
    ]) {
      expect(await page(query)).toEqual(bad('page_token'))
    }
  })

  it('is empty for a metric that is not there, and refused for a run that is not, or a page of nothing', async () => {
    const run_id = await newRun()
    expect((await get('metrics/get-history', { run_id, metric_key: 'none' })).body).toEqual({ metrics: [] })
    expect((await get('metrics/get-history', { run_id: 'none', metric_key: 'm' })).body.message).toBe(
      'Run with id=none not found',
    )
    expect(await get('metrics/get-history', { run_id, metric_key: 'm', max_results: 0 })).toEqual(bad('max_results'))
  })

  it('of many runs comes by run, and is thinned to what a chart shows', async () => {
    const runs = (await Promise.all([newRun(), newRun()])).toSorted()
    for (const run_id of runs) await post('runs/log-batch', { run_id, metrics: points('many', 100) })
    const bulk = '/ajax-api/2.0/mlflow/metrics/get-history-bulk'
    const { body: all } = await get(bulk, { run_id: runs.toReversed(), metric_key: 'many' })
    expect(all.metrics).toEqual(runs.flatMap((run_id) => points('many', 100).map((point) => ({ ...point, run_id }))))
    const thin = async (query: object) =>
      (await get(`${bulk}-interval`, { run_ids: runs, metric_key: 'many', ...query })).body.metrics.map(
        ({ run_id, step }: { run_id: string; step: number }) => (run_id === runs[0] ? step : 1000 + step),
      )
    expect(await thin({ max_results: 5 })).toEqual([0, 25, 50, 75, 99, 1000, 1025, 1050, 1075, 1099])
    expect(await thin({ max_results: 1 })).toEqual([99, 1099])
    expect(await thin({ max_results: 3, start_step: 10, end_step: 12 })).toEqual([10, 11, 12, 1010, 1011, 1012])
    const wrong = {
      'both must be specified': { start_step: 1 },
      'end_step must be greater': { start_step: 2, end_step: 1 },
      'max_results must be between 1 and 2500': { max_results: 2501 },
      'cannot specify more than 100 run_ids': { run_ids: Array.from({ length: 101 }, (_, i) => `r${i}`) },
      'at least one run_id': { run_ids: [] },
    }
    for (const [words, part] of Object.entries(wrong)) {
      expect(await get(`${bulk}-interval`, { run_ids: runs, metric_key: 'many', ...part })).toEqual(bad(words))
    }
  })
})
