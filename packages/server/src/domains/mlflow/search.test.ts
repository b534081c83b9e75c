import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { sql } from 'kysely'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
  await face.call('GET', 'experiments/get', { experiment_id: '0' })
})
afterAll(() => face.world.stop())

interface NewRun {
  readonly id: string
  readonly experiment?: string
  readonly name?: string
  readonly status?: string
  readonly start?: number
  readonly end?: number | null
  readonly deleted?: boolean
  readonly metrics?: Readonly<Record<string, number | string>>
  readonly params?: Readonly<Record<string, string>>
  readonly tags?: Readonly<Record<string, string>>
  readonly dataset?: { readonly name: string; readonly digest: string; readonly context: string }
}

let clock = 1000

/** Writes a run as the tables keep it, so that searches are tested by themselves. */
async function haveRun(run: NewRun): Promise<void> {
  const { db } = face.world.platform
  const start = run.start ?? clock++
  const { rows } = await sql<{ run_number: number }>`
    insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, ended_ms, artifact_uri, deleted_ms)
    values ('default', ${run.id}, ${run.experiment ?? '0'}, ${run.name ?? run.id}, 'ada', ${run.status ?? 'FINISHED'}, ${start},
      ${run.end === undefined ? start + 10 : run.end}, ${`mlflow-artifacts:/0/${run.id}/artifacts`}, ${run.deleted ? 1 : null})
    returning run_number`.execute(db)
  const number = rows[0]!.run_number
  for (const [key, value] of Object.entries(run.metrics ?? {})) {
    await sql`insert into tracking.metric_key (project_id, key) values ('default', ${key}) on conflict do nothing`.execute(
      db,
    )
    await sql`insert into tracking.metric_summary (run_number, key_id, last_step, last_timestamp_ms, last_value, point_count)
      select ${number}, key_id, 3, 5000, ${value}, 1 from tracking.metric_key where project_id = 'default' and key = ${key}`.execute(
      db,
    )
  }
  for (const [key, value] of Object.entries(run.params ?? {})) {
    await sql`insert into tracking.run_param values (${number}, ${key}, ${value})`.execute(db)
  }
  for (const [key, value] of Object.entries(run.tags ?? {})) {
    await sql`insert into tracking.run_tag values (${number}, ${key}, ${value})`.execute(db)
  }
  if (run.dataset) {
    await sql`with d as (insert into tracking.dataset (project_id, experiment_id, name, digest, source_type, source)
        values ('default', ${run.experiment ?? '0'}, ${run.dataset.name}, ${run.dataset.digest}, 'local', 's') returning dataset_number)
      insert into tracking.run_dataset select ${number}, dataset_number,
        ${JSON.stringify({ 'mlflow.data.context': run.dataset.context })}::jsonb from d`.execute(db)
  }
}

const search = (message: object) => face.call('POST', 'runs/search', { experiment_ids: ['0'], ...message })

const idsOf = (body: { runs: { info: { run_id: string } }[] }) => body.runs.map(({ info }) => info.run_id)

async function found(message: object): Promise<string[]> {
  const { status, body } = await search(message)
  expect({ status, message: body.message }).toEqual({ status: 200, message: undefined })
  return idsOf(body)
}

const forget = () =>
  sql`truncate tracking.run, tracking.metric_key, tracking.dataset cascade`.execute(face.world.platform.db)

describe('runs', () => {
  beforeEach(forget)

  it('answers with everything that a run has', async () => {
    await haveRun({
      id: 'r1',
      name: 'say "hi"',
      end: null,
      status: 'RUNNING',
      start: 77,
      metrics: { acc: 0.5, 'val loss': 'NaN', big: 'Infinity', tiny: 1e-7 },
      params: { lr: '0.1', text: 'a\n"b"\\' },
      tags: { 'mlflow.user': 'ada' },
      dataset: { name: 'd', digest: 'x', context: 'train' },
    })
    const { db } = face.world.platform
    await sql`update tracking.metric_summary set last_step = 9007199254740993 where last_value = 0.5`.execute(db)
    await sql`insert into tracking.run_model select run_number, 'input', 'm-1', 0 from tracking.run`.execute(db)
    await sql`insert into tracking.run_model select run_number, 'output', 'm-2', 4 from tracking.run`.execute(db)

    const { body } = await search({})

    expect(body).toEqual({
      runs: [
        {
          info: {
            run_id: 'r1',
            run_uuid: 'r1',
            run_name: 'say "hi"',
            experiment_id: '0',
            user_id: 'ada',
            status: 'RUNNING',
            start_time: 77,
            artifact_uri: 'mlflow-artifacts:/0/r1/artifacts',
            lifecycle_stage: 'active',
          },
          data: {
            metrics: [
              { key: 'acc', value: 0.5, timestamp: 5000, step: '9007199254740993' },
              { key: 'big', value: 'Infinity', timestamp: 5000, step: 3 },
              { key: 'tiny', value: 1e-7, timestamp: 5000, step: 3 },
              { key: 'val loss', value: 'NaN', timestamp: 5000, step: 3 },
            ],
            params: [
              { key: 'lr', value: '0.1' },
              { key: 'text', value: 'a\n"b"\\' },
            ],
            tags: [{ key: 'mlflow.user', value: 'ada' }],
          },
          inputs: {
            dataset_inputs: [
              {
                tags: [{ key: 'mlflow.data.context', value: 'train' }],
                dataset: { name: 'd', digest: 'x', source_type: 'local', source: 's' },
              },
            ],
            model_inputs: [{ model_id: 'm-1' }],
          },
          outputs: { model_outputs: [{ model_id: 'm-2', step: 4 }] },
        },
      ],
    })
  })

  it('orders by metrics with NaN behind numbers and runs without it last, in both directions', async () => {
    await haveRun({ id: 'none', start: 50 })
    await haveRun({ id: 'low', start: 10, metrics: { acc: -1 } })
    await haveRun({ id: 'nan', start: 60, metrics: { acc: 'NaN' } })
    await haveRun({ id: 'top', start: 20, metrics: { acc: 'Infinity' } })
    await haveRun({ id: 'newer', start: 30, metrics: { acc: 0 } })
    await haveRun({ id: 'older', start: 25, metrics: { acc: 0 } })

    expect(await found({ order_by: ['metrics.acc DESC'] })).toEqual(['top', 'newer', 'older', 'low', 'nan', 'none'])
    expect(await found({ order_by: ['metrics.acc'] })).toEqual(['low', 'newer', 'older', 'top', 'nan', 'none'])
    expect(await found({ order_by: ['metrics.acc', 'start_time'] })).toEqual([
      'low',
      'older',
      'newer',
      'top',
      'nan',
      'none',
    ])
    expect(await found({ order_by: ['attributes.user_id', 'metrics.acc DESC'] })).toEqual([
      'top',
      'newer',
      'older',
      'low',
      'nan',
      'none',
    ])
    expect(await found({ order_by: ['metrics.unknown DESC'] })).toEqual(['nan', 'none', 'newer', 'older', 'top', 'low'])
  })

  it('orders by params, tags and attributes, those without it last, and else newest first and by id', async () => {
    await haveRun({ id: 'c', start: 10, params: { p: '2' }, tags: { t: 'b' }, end: null })
    await haveRun({ id: 'b', start: 10, params: { p: '10' }, end: 40 })
    await haveRun({ id: 'a', start: 20, tags: { t: 'a' }, end: 30 })

    expect(await found({})).toEqual(['a', 'b', 'c'])
    expect(await found({ order_by: ['start_time'] })).toEqual(['b', 'c', 'a'])
    expect(await found({ order_by: ['params.p'] })).toEqual(['b', 'c', 'a'])
    expect(await found({ order_by: ['params.p DESC'] })).toEqual(['c', 'b', 'a'])
    expect(await found({ order_by: ['tags.t DESC'] })).toEqual(['c', 'a', 'b'])
    expect(await found({ order_by: ['end_time'] })).toEqual(['a', 'b', 'c'])
    expect(await found({ order_by: ['end_time DESC'] })).toEqual(['b', 'a', 'c'])
    expect(await found({ order_by: ['run_name DESC', 'start_time'] })).toEqual(['c', 'b', 'a'])
  })

  it('looks only into the experiments and the lives that it is asked for', async () => {
    const { body } = await face.call('POST', 'experiments/create', { name: 'other' })
    await haveRun({ id: 'here' })
    await haveRun({ id: 'gone', deleted: true })
    await haveRun({ id: 'there', experiment: body.experiment_id })

    expect(await found({})).toEqual(['here'])
    expect(await found({ run_view_type: 'DELETED_ONLY' })).toEqual(['gone'])
    expect(await found({ run_view_type: 3 })).toEqual(['gone', 'here'])
    expect(await found({ experiment_ids: ['0', body.experiment_id, 'none', '0'] })).toEqual(['there', 'here'])
    expect(await found({ experiment_ids: [] })).toEqual([])
  })

  it.each([
    [[]],
    [['metrics.acc DESC']],
    [['metrics.acc', 'params.p DESC']],
    [['params.p']],
    [['tags.t DESC', 'metrics.acc']],
    [['end_time DESC']],
  ])('pages through %j without loss or repetition, while runs are added', async (order) => {
    const values = [3, 1, 'NaN', 2, null, 2, 'Infinity', null, 'NaN', 0]
    for (const [index, value] of values.entries()) {
      await haveRun({
        id: `run${index}`,
        start: 100 + (index % 4),
        end: index % 3 === 0 ? null : 200 + (index % 2),
        ...(value !== null && { metrics: { acc: value } }),
        ...(index % 2 === 0 && { params: { p: String(index % 3) } }),
        ...(index % 3 === 0 && { tags: { t: String(index % 2) } }),
      })
    }
    const all = await found({ order_by: order })

    const seen: string[] = []
    let token: string | undefined
    do {
      const { body } = await search({ order_by: order, max_results: 2, ...(token && { page_token: token }) })
      seen.push(...idsOf(body))
      token = body.next_page_token
      await haveRun({ id: `late${seen.length}`, start: 9999, end: 9999, metrics: { acc: 99999 } })
    } while (token)

    expect(all).toHaveLength(10)
    const old = seen.filter((id) => !id.startsWith('late'))
    expect(old).toEqual(all)
    expect(new Set(seen).size).toBe(seen.length)
  })

  it('takes a token for the query that it was made for, and for no other', async () => {
    await haveRun({ id: 'a' })
    await haveRun({ id: 'b' })
    const { body } = await search({ max_results: 1 })
    const page_token = body.next_page_token

    expect(await found({ max_results: 5, page_token })).toEqual(['a'])
    for (const other of [{ filter: 'metrics.a > 1' }, { order_by: ['start_time'] }, { run_view_type: 'ALL' }]) {
      expect((await search({ ...other, page_token })).body.error_code).toBe('INVALID_PARAMETER_VALUE')
    }
    expect((await search({ page_token: 'eyJvZmZzZXQiOiAxMDB9' })).status).toBe(400)
    expect((await search({ page_token: `x${page_token}` })).status).toBe(400)
  })

  it('refuses what cannot be read, and says where', async () => {
    for (const message of [
      { filter: "tags.a = 'x' AND" + ' foo = 1' },
      { order_by: ['dataset.name'] },
      { order_by: ['start_time', 'created'] },
      { max_results: 50_001 },
      { max_results: 0 },
    ]) {
      const { status, body } = await search(message)
      expect({ message, status, code: body.error_code }).toEqual({
        message,
        status: 400,
        code: 'INVALID_PARAMETER_VALUE',
      })
    }
    expect((await search({ filter: 'metrics.a >' })).body.message).toBe('The filter ends too early. (at character 12)')
  })

  it('shows nothing of another project', async () => {
    await haveRun({ id: 'mine', metrics: { acc: 1 } })
    const { db } = face.world.platform
    await sql`insert into tracking.experiment values ('other', 0, 'Default', 'x', '', 1, 1, null) on conflict do nothing`.execute(
      db,
    )
    await sql`update tracking.run set project_id = 'other'`.execute(db)
    for (const order_by of [[], ['metrics.acc']]) expect(await found({ order_by })).toEqual([])
  })
})

describe('filters of runs', () => {
  beforeAll(async () => {
    await forget()
    await haveRun({
      id: 'a',
      name: 'first',
      start: 10,
      metrics: { acc: 0.5, 'val loss': 2 },
      params: { lr: '0.1' },
      tags: { team: 'Red' },
      dataset: { name: 'flights', digest: 'd1', context: 'train' },
    })
    await haveRun({
      id: 'b',
      status: 'FAILED',
      start: 12,
      metrics: { acc: 0.9 },
      params: { lr: '0.2' },
      tags: { team: 'blue', long: 'x'.repeat(300) },
      dataset: { name: 'weather', digest: 'd2', context: 'eval' },
    })
    await haveRun({ id: 'nan', start: 14, end: null, metrics: { acc: 'NaN' } })
    await haveRun({ id: 'bare', start: 13 })
  })

  it.each([
    ['metrics.acc > 0.5', 'b'],
    ["(metrics.acc > 0.5) OR params.lr = '0.1' AND metrics.acc < 1", 'a b'],
    ['metrics.acc >= 0.5', 'a b'],
    ['metrics.acc < 0.9', 'a'],
    ['metrics.acc != 0.5', 'b nan'],
    ['metrics.`val loss` = 2', 'a'],
    ['metrics.unknown > 0', ''],
    ['metrics.unknown IS NULL', 'a b bare nan'],
    ['metrics.acc IS NOT NULL', 'a b nan'],
    ["params.lr = '0.1'", 'a'],
    ["params.lr != '0.1'", 'b'],
    ["params.lr LIKE '0.%'", 'a b'],
    ['params.lr IS NULL', 'bare nan'],
    ["tags.team = 'Red'", 'a'],
    ["tags.team LIKE 'r%'", ''],
    ["tags.team ILIKE 'r_d'", 'a'],
    [String.raw`tags.team LIKE '%\_%'`, ''],
    ["tags.team IN ('Red', 'blue')", 'a b'],
    ["tags.team NOT IN ('Red')", 'b'],
    ["tags.long = '" + 'x'.repeat(300) + "'", 'b'],
    ["tags.long = '" + 'x'.repeat(200) + "'", ''],
    ["run_name = 'first'", 'a'],
    ["attributes.status = 'FAILED'", 'b'],
    ["run_id IN ('a', 'bare')", 'a bare'],
    ['start_time >= 12.5', 'bare nan'],
    ['start_time > 99999999999999999999', ''],
    ['end_time IS NULL', 'nan'],
    ["user_id = 'ada' AND artifact_uri ILIKE '%/A/%'", 'a'],
    ["dataset.name = 'flights'", 'a'],
    ["datasets.digest IN ('d2')", 'b'],
    ["dataset.context = 'eval'", 'b'],
    ['dataset.name IS NULL', 'bare nan'],
    ["metrics.acc > 0.5 OR tags.team = 'Red'", 'a b'],
    ["NOT tags.team = 'Red'", 'b bare nan'],
    ["NOT (metrics.acc < 0.9 OR params.lr = '0.2')", 'bare nan'],
    ['', 'a b bare nan'],
  ])('finds by %s', async (filter, expected) => {
    for (const order of [[], ['metrics.acc DESC'], ['metrics.acc'], ['params.lr'], ['tags.team DESC'], ['end_time']]) {
      const ids = await found({ filter, order_by: order })
      expect({ order, ids: ids.toSorted().join(' ') }).toEqual({ order, ids: expected })
    }
  })
})

describe('experiments', () => {
  const searchExperiments = (message: object, method = 'POST') => face.call(method, 'experiments/search', message)
  const namesOf = (body: { experiments: { name: string }[] }) => body.experiments.map(({ name }) => name)
  const named = async (message: object) =>
    namesOf((await searchExperiments({ filter: "name LIKE 's-%'", ...message })).body)

  beforeAll(async () => {
    const { db } = face.world.platform
    for (const [index, name] of ['s-b', 's-a', 's-c'].entries()) {
      const tags = index === 0 ? [] : [{ key: 'team', value: `t${index}` }]
      const { body } = await face.call('POST', 'experiments/create', { name, tags })
      const age = index === 2 ? 2000 : 1000
      await sql`update tracking.experiment set created_ms = ${age}, updated_ms = ${3000 - index}
        where experiment_id = ${body.experiment_id}`.execute(db)
    }
    const { body } = await face.call('POST', 'experiments/create', { name: 's-gone' })
    await face.call('POST', 'experiments/delete', body)
  })

  it('finds newest first, with POST and with GET, and the default one as well', async () => {
    expect(await named({})).toEqual(['s-c', 's-b', 's-a'])
    const { body } = await searchExperiments({ max_results: 50, filter: "name = 'Default'", view_type: 'ALL' }, 'GET')
    expect(body).toEqual({ experiments: [expect.objectContaining({ experiment_id: '0', tags: [] })] })
  })

  it.each([
    ["tags.team = 't1'", ['s-a']],
    ["tags.team != 't1'", ['s-c']],
    ['tags.team IS NULL', ['s-b']],
    ['creation_time > 1500', ['s-c']],
    ["name ILIKE 'S-A' OR NOT tags.team IS NOT NULL", ['s-b', 's-a']],
  ])('finds by %s', async (filter, expected) => {
    expect(await named({ filter: `name LIKE 's-%' AND (${filter})` })).toEqual(expected)
  })

  it('orders, and pages through what it found', async () => {
    expect(await named({ order_by: ['name'] })).toEqual(['s-a', 's-b', 's-c'])
    expect(await named({ order_by: ['last_update_time'] })).toEqual(['s-c', 's-a', 's-b'])
    expect(await named({ order_by: ['creation_time'] })).toEqual(['s-a', 's-b', 's-c'])

    const filter = "name LIKE 's-%'"
    const { body: first } = await searchExperiments({ filter, max_results: 2 })
    expect(namesOf(first)).toEqual(['s-c', 's-b'])
    const page_token = first.next_page_token
    expect(namesOf((await searchExperiments({ filter, page_token })).body)).toEqual(['s-a'])
    expect((await searchExperiments({ filter: "name LIKE 's%'", page_token })).status).toBe(400)
  })

  it('shows deleted ones when it is asked to, and refuses what experiments do not have', async () => {
    expect(await named({ view_type: 'DELETED_ONLY' })).toEqual(['s-gone'])
    expect(await named({ view_type: 'ALL' })).toContain('s-gone')
    expect((await searchExperiments({ filter: 'metrics.acc > 1' })).body.error_code).toBe('INVALID_PARAMETER_VALUE')
  })
})
