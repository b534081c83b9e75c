import { createClient } from '@evenkeel/client'
import { datasets as datasetEndpoints, importLimits, modelImports, registry as endpoints } from '@evenkeel/contract'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { onnxModel } from '../../../../../inference/src/testing-onnx.ts'
import { localCaller } from '../../../platform/auth.ts'
import { startWorld, type World } from '../../../testing.ts'
import { datasetsRoutes } from '../../datasets/routes.ts'
import { createDatasets } from '../../datasets/service.ts'
import { registryRoutes } from '../routes.ts'
import { createRegistry } from '../service.ts'
import { onnxOf } from '../testing-onnx.ts'
import { quietNeighbours } from '../testing.ts'
import { createDrafts, type DraftsDeps } from './drafts.ts'
import { modelImportsRoutes } from './routes.ts'
import { createRunner } from './run-model.ts'

vi.setConfig({ testTimeout: 60_000 })

const fixtures = new URL('../../../../../numerics/src/imports/fixtures/', import.meta.url)
const known = JSON.parse(await readFile(new URL('lightgbm-pandas.expected.json', fixtures), 'utf8')) as {
  columns: Record<string, (number | string | null)[]>
  expected: number[]
}
const names = Object.keys(known.columns)
const rows = known.expected.map((_, at) => Object.fromEntries(names.map((name) => [name, known.columns[name]![at]!])))
const csv = [names.join(','), ...rows.map((row) => names.map((name) => row[name] ?? '').join(','))].join('\n')

let world: World
let client: ReturnType<typeof createClient<typeof modelImports>>
let deps: DraftsDeps
let now = new Date()

beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, blobs, queries, queryFolder }) => {
      const registry = createRegistry({ ...quietNeighbours, db, blobs, now: () => now })
      const datasets = createDatasets({ db, blobs, queries, queryFolder, now: () => now })
      deps = {
        db,
        blobs,
        queries,
        registry,
        now: () => now,
        datasetVersion: (projectId, ...version) => datasets.getVersion({ ...localCaller, projectId }, ...version),
      }
      const drafts = createDrafts(deps)
      return [
        { routes: (app) => registryRoutes(app, registry) },
        { routes: (app) => datasetsRoutes(app, datasets) },
        { routes: (app) => modelImportsRoutes(app, drafts), jobs: drafts.jobs },
      ]
    },
  })
  client = createClient(modelImports, world.clientOptions())
})
afterAll(() => world.stop())

const put = async (content: string | Uint8Array) => (await world.platform.blobs.put(Buffer.from(content))).digest

async function begin(file?: string | Uint8Array, fileName = 'model.txt') {
  const { id } = await client.create({ body: {} })
  const params = { draft: id }
  if (file !== undefined) await client.setSource({ params, body: { digest: await put(file), fileName } })
  return params
}
const trees = () => readFile(new URL('lightgbm-pandas.txt', fixtures))
const file = async (content: string, format: 'csv' | 'json' | 'parquet' = 'csv') => ({
  source: { kind: 'file' as const, digest: await put(content), fileName: `train.${format}`, format },
})

it('brings a model from a file to a version, and says what became of it', async () => {
  const params = await begin(await trees())
  const { expected } = known
  const tried = await client.try({ params, body: { rows, expected } })

  expect(tried.inspection).toMatchObject({
    format: 'lightgbm',
    opsets: expect.arrayContaining([{ domain: 'ai.onnx.ml', version: 5 }]),
  })
  expect(tried.trial!.comparison).toMatchObject({ rowCount: 60, differingCount: 0, output: 'probability' })
  expect(tried.trial!.comparison!.largestDifference).toBeLessThan(1e-6)
  expect(tried.trial!.latencyMs.p50).toBeGreaterThan(0)

  const { reference } = await client.setReference({ params, body: await file(csv) })
  expect(reference).toMatchObject({ rowCount: 60, sampledCount: 60, leftOut: [] })
  const score = reference!.baselines.find(({ feature }) => feature === 'score')!
  expect(score.mean).toBeCloseTo(expected.reduce((sum, value) => sum + value) / 60, 5)
  const age = reference!.baselines.find(({ feature }) => feature === 'age')!
  expect(age.nullCount).toBe(known.columns['age']!.filter((value) => value === null).length)
  expect(age.importance).toBeGreaterThan(0)

  await client.setDetails({
    params,
    body: { model: 'churn', licence: 'apache-2.0', notes: 'From the **old** team.', evaluation: null },
  })
  const { registered } = await client.register({ params })
  expect(registered).toMatchObject({ model: 'churn', version: 1, stage: 'passed', isNew: true })
  expect((await client.register({ params })).registered).toEqual(registered)
  const version = await createClient(endpoints, world.clientOptions()).getVersion({ params: registered! })
  expect(version.baselines).toEqual(reference!.baselines)
  expect(version.golden).not.toBeNull()
  expect(version.card).toMatch(
    /license: apache-2.0[\s\S]*From the \*\*old\*\* team[\s\S]*60 of 60 answers were as expected/,
  )
  await expect(client.try({ params, body: { rows } })).rejects.toMatchObject({ code: 'registry.draft_changed' })
  expect((await client.list()).items.map(({ id }) => id)).not.toContain(params.draft)
})

it('names the rows whose answers are not as expected', async () => {
  const params = await begin(await trees())
  const expected = known.expected.map((value, at) => (at === 3 ? value + 0.25 : at === 4 ? null : value))

  const { trial } = await client.try({ params, body: { rows, expected } })

  expect(trial!.comparison).toMatchObject({ rowCount: 59, differingCount: 1, differing: [{ row: 4 }] })
  expect(trial!.comparison!.largestDifference).toBeCloseTo(0.25)
})

it('takes a version of a dataset as the reference, and keeps it as lineage', async () => {
  const datasets = createClient(datasetEndpoints, world.clientOptions())
  const dataset = await datasets.addVersion({
    params: { dataset: 'customers' },
    fields: { format: 'csv' },
    file: Buffer.from(csv),
  })
  const params = await begin(await trees(), 'again.txt')
  await client.setReference({ params, body: { source: { kind: 'dataset', dataset: 'customers', version: 1 } } })
  await client.setDetails({ params, body: { model: 'churn-2', licence: null, notes: '', evaluation: null } })

  const { registered } = await client.register({ params })

  const version = await createClient(endpoints, world.clientOptions()).getVersion({ params: registered! })
  expect(version.lineage).toMatchObject({
    datasets: [{ dataset: 'customers', version: 1, digest: dataset.digest }],
    trainingRowCount: 60,
  })
})

it('takes a model whose only input is a row of numbers, as scikit-learn exports it', async () => {
  const shape = ['N', 2] as const
  const bytes = onnxModel({
    inputs: [{ name: 'X', type: 'float32', shape }],
    outputs: [
      { name: 'label', type: 'int64', shape: ['N', 1] },
      { name: 'probabilities', type: 'float32', shape },
    ],
    nodes: [
      { operator: 'Identity', inputs: ['X'], outputs: ['probabilities'] },
      { operator: 'ArgMax', inputs: ['X'], outputs: ['label'] },
    ],
  })
  const params = await begin(bytes, 'sklearn.onnx')

  const { trial } = await client.try({ params, body: { rows: [{ X: [1, 3] }, { X: [1, null] }] } })
  expect(trial!.outputs[1]).toEqual({
    name: 'probabilities',
    datatype: 'FP32',
    values: [
      [1, 3],
      [1, null],
    ],
  })

  for (const header of ['X[0],X[1],y', 'first,second']) {
    const content = [header, '1,3', '2,5'].map((line, at) => (header.endsWith('y') && at > 0 ? `${line},0` : line))
    const { reference } = await client.setReference({ params, body: await file(content.join('\n')) })
    expect(reference!.baselines.map(({ feature, mean }) => [feature, mean])).toEqual([
      ['X[0]', 1.5],
      ['X[1]', 4],
      ['score', 4],
    ])
  }
})

it.each([
  ['a pickle', Buffer.from('\x80\x04\x95\x05', 'latin1'), 'registry.unreadable_model', 'may run any code'],
  ['garbage that begins like ONNX', Buffer.from('\x08\x07garbage', 'latin1'), 'registry.bad_artifact', ''],
])('refuses %s, and the draft stays as it was', async (_, bytes, code, why) => {
  const params = await begin()
  const refusal = client.setSource({ params, body: { digest: await put(bytes), fileName: 'model.pkl' } })

  await expect(refusal).rejects.toMatchObject({ status: 422, code, why: expect.stringContaining(why) })
  expect(await client.get({ params })).toMatchObject({ source: null, inspection: null })
  await expect(client.try({ params, body: { rows } })).rejects.toMatchObject({ code: 'registry.draft_incomplete' })
})

it.each([
  ['a text where a number belongs', { age: 'old' }, { row: 1, column: 'age' }, '"old" is no number'],
  ['a number where a text belongs', { colour: 3 }, { row: 1, column: 'colour' }, '3 is no text'],
  ['several values where one belongs', { age: [1, 2] }, { row: 1, column: 'age' }, 'It has 2 values'],
])('refuses %s in a sample, and says where', async (_, change, where, why) => {
  const params = await begin(await trees())
  const refusal = client.try({ params, body: { rows: [{ ...rows[0]!, ...change }] } })

  await expect(refusal).rejects.toMatchObject({
    code: 'registry.bad_sample',
    details: where,
    why: expect.stringContaining(why),
  })
})

it.each([
  ['a column of texts for a number', 'age,income,balance,colour\nold,1,2,red\n', 'age', 'such as "old"'],
  ['an infinite number', 'age,income,balance,colour\ninf,1,2,red\n', 'age', 'no finite number'],
  ['a missing column', 'age,income\n1,2\n', 'balance', 'There is no such column'],
  ['a date for a number', 'age,income,balance,colour\n2020-01-01,1,2,red\n', 'age', 'such as "2020-01-01"'],
  ['no rows', 'age,income,balance,colour\n', null, 'no rows'],
])('refuses %s in a reference', async (_, content, column, why) => {
  const params = await begin(await trees())
  const refusal = client.setReference({ params, body: await file(content) })

  await expect(refusal).rejects.toMatchObject({
    code: 'registry.bad_sample',
    details: { column },
    why: expect.stringContaining(why),
  })
})

it('takes NaN and empty cells for missing, in JSON rows too, and refuses a file that is no table', async () => {
  const params = await begin(await trees())
  const nan = await client.setReference({ params, body: await file('age,income,balance,colour\nNaN,1,2,red\n,1,2,\n') })
  expect(nan.reference!.baselines.find(({ feature }) => feature === 'age')).toMatchObject({ nullCount: 2, mean: null })

  const texts = await client.setReference({
    params,
    body: await file('age,income,balance,colour\n True ,1,2,007\nfalse,1,2,7\n,1,2,007\n'),
  })
  expect(texts.reference!.baselines.map(({ mean, categories }) => mean ?? categories?.values).slice(0, 4)).toEqual([
    0.5,
    1,
    2,
    ['007', '7'],
  ])

  const json = await client.setReference({ params, body: await file(JSON.stringify(rows), 'json') })
  expect(json.reference!.rowCount).toBe(60)
  const broken = client.setReference({ params, body: await file('PAR1 no', 'parquet') })
  await expect(broken).rejects.toMatchObject({
    code: 'registry.bad_sample',
    why: expect.stringMatching(/cannot be read/),
  })
})

it('says why a model does not run: a graph that computes nothing, too little time, too little memory', async () => {
  const hollow = onnxOf([{ name: 'x', type: 1, shape: ['N', 1] }], [{ name: 'y', type: 1, shape: ['N', 1] }])
  const params = await begin(hollow, 'hollow.onnx')
  const failed = expect.objectContaining({ code: 'registry.trial_failed' })
  await expect(client.try({ params, body: { rows: [{ x: 1 }] } })).rejects.toEqual(failed)

  const tryWith = (limits: { seconds: number; memoryMiB: number }) =>
    createDrafts({ ...deps, run: createRunner(limits) }).try(localCaller, params.draft, {
      rows: [{ x: 1 }],
      expected: null,
      tolerance: { absolute: 0, relative: 0 },
    })
  await expect(tryWith({ seconds: 0.01, memoryMiB: 2048 })).rejects.toMatchObject({
    why: 'It took longer than 0.01 s.',
  })
  await expect(tryWith({ seconds: 30, memoryMiB: 1 })).rejects.toMatchObject({
    why: 'It took more than 1 MiB of memory.',
  })
})

it('keeps so many open drafts, lets readers only look, and forgets what nobody touched for 30 days', async () => {
  const reader = createClient(modelImports, await world.asRole('viewer'))
  await expect(reader.create({ body: {} })).rejects.toMatchObject({ code: 'auth.not_allowed' })
  const { items } = await reader.list()
  for (let count = items.length; count < importLimits.openDrafts; count++) await begin()
  await expect(begin()).rejects.toMatchObject({ status: 409, code: 'registry.too_many_drafts' })

  await client.discard({ params: { draft: items[0]!.id } })
  const kept = await begin()
  now = new Date(now.getTime() + 31 * 86_400_000)
  await client.setDetails({ params: kept, body: { model: 'kept', licence: null, notes: '', evaluation: null } })
  await world.runJob('registry.forget_drafts')
  expect((await client.list()).items.map(({ id }) => id)).toEqual([kept.draft])
})
