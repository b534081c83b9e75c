import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

const create = async (model: object = {}) =>
  (await face.call('POST', 'logged-models', { experiment_id: '0', ...model })).body.model
const get = (id: string, query: object = {}) => face.call('GET', `logged-models/${id}`, query)
const codeOf = ({ status, body }: { status: number; body: { error_code: string } }) => ({
  status,
  code: body.error_code,
})
const missing = { status: 404, code: 'RESOURCE_DOES_NOT_EXIST' }

it('announces a model, with a name of its own or a new one', async () => {
  const pairs = [
    { key: 'cost', value: '3' },
    { key: 'note', value: '' },
  ]
  const model = await create({ name: 'delays', model_type: 'Agent', source_run_id: 'abc', params: pairs, tags: pairs })
  const { model_id: id } = model.info
  expect(id).toMatch(/^m-[0-9a-f]{32}$/)
  expect(model).toEqual({
    info: {
      model_id: id,
      experiment_id: '0',
      name: 'delays',
      creation_timestamp_ms: expect.any(Number),
      last_updated_timestamp_ms: model.info.creation_timestamp_ms,
      artifact_uri: `mlflow-artifacts:/0/models/${id}/artifacts`,
      status: 'LOGGED_MODEL_PENDING',
      model_type: 'Agent',
      source_run_id: 'abc',
      tags: pairs,
      registrations: [],
    },
    data: { params: pairs, metrics: [] },
  })
  expect((await get(id)).body.model).toEqual(model)

  const { info } = await create()
  expect(info.name).toMatch(/^[a-z]+-[a-z]+-\d+$/)
  expect(info.model_type).toBe('')
})

it('refuses names that URIs would misread, and experiments that are not there or deleted', async () => {
  for (const name of ['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b"]) {
    const { status, body } = await face.call('POST', 'logged-models', { experiment_id: '0', name })
    expect({ name, status }).toEqual({ name, status: 400 })
    expect(body.message).toMatch(/^Invalid model name/)
  }
  expect(codeOf(await face.call('POST', 'logged-models', { experiment_id: '999999' }))).toEqual(missing)
  expect((await face.call('POST', 'logged-models', {})).body.message).toMatch(/parameter 'experiment_id'/)
  const { body: experiment } = await face.call('POST', 'experiments/create', { name: 'deleted' })
  await face.call('POST', 'experiments/delete', experiment)
  expect((await face.call('POST', 'logged-models', experiment)).status).toBe(400)
})

it('says whether the files have arrived, by name or number', async () => {
  const { info } = await create()
  const finalize = (status: unknown) => face.call('PATCH', `logged-models/${info.model_id}`, { status })
  expect((await finalize('LOGGED_MODEL_READY')).body.model.info.status).toBe('LOGGED_MODEL_READY')
  expect((await finalize(3)).body.model.info.status).toBe('LOGGED_MODEL_UPLOAD_FAILED')
  expect((await finalize('DONE')).status).toBe(400)
  expect((await finalize(undefined)).body.message).toMatch(/Missing value for required parameter 'status'/)
  expect(codeOf(await face.call('PATCH', 'logged-models/m-none', { status: 2 }))).toEqual(missing)
})

it('hides a deleted one from all who do not ask for it', async () => {
  const { info } = await create()
  const remove = () => face.call('DELETE', `logged-models/${info.model_id}`, { model_id: info.model_id })
  expect(await remove()).toEqual({ status: 200, body: {} })
  expect((await remove()).status).toBe(200)

  const { status, body } = await get(info.model_id)
  expect({ status, message: body.message }).toEqual({
    status: 404,
    message: `Logged model with ID '${info.model_id}' not found.`,
  })
  expect((await get(info.model_id, { allow_deleted: 'True' })).status).toBe(200)
  expect((await get(info.model_id, { allow_deleted: 'false' })).status).toBe(404)
  const tags = { tags: [{ key: 'a', value: 'b' }] }
  expect(codeOf(await face.call('PATCH', `logged-models/${info.model_id}/tags`, tags))).toEqual(missing)
  expect(codeOf(await face.call('DELETE', 'logged-models/m-none'))).toEqual(missing)
})

it('tags, tags again and untags; the last of two equal keys counts', async () => {
  const { info } = await create()
  const url = `logged-models/${info.model_id}/tags`
  const long = 'k'.repeat(250)
  const tags = [
    { key: 'a/b c', value: '1' },
    { key: 'a/b c', value: '2' },
    { key: long, value: 'x'.repeat(9000) },
  ]
  expect((await face.call('PATCH', url, { tags })).status).toBe(200)
  expect((await face.call('PATCH', url, { tags })).status).toBe(200)
  expect((await get(info.model_id)).body.model.info.tags).toEqual(
    expect.arrayContaining([
      { key: 'a/b c', value: '2' },
      { key: long, value: 'x'.repeat(8000) },
    ]),
  )
  for (const key of [encodeURIComponent('a/b c'), long]) {
    expect((await face.call('DELETE', `${url}/${key}`)).status).toBe(200)
    expect(codeOf(await face.call('DELETE', `${url}/${key}`))).toEqual(missing)
  }
  expect((await get(info.model_id)).body.model.info.tags).toEqual([])
  expect((await face.call('PATCH', url, { tags: [{ key: '../a', value: '' }] })).status).toBe(400)
})

it('adds params in batches; a repeated batch changes nothing, and a value stays as it was', async () => {
  const batch = (from: number) =>
    Array.from({ length: 100 }, (_, i) => ({ key: `p${from + i}`, value: String(from + i) }))
  const { info } = await create({ params: batch(0) })
  const add = (params: object[]) => face.call('POST', `logged-models/${info.model_id}/params`, { params })
  expect((await add(batch(100))).status).toBe(200)
  expect((await add(batch(100))).status).toBe(200)
  const refused = await add([
    { key: 'new', value: '1' },
    { key: 'p5', value: 'other' },
  ])
  expect({ status: refused.status, message: refused.body.message }).toMatchObject({
    status: 400,
    message: expect.stringMatching(/^Changing param values is not allowed/),
  })
  const { data } = (await get(info.model_id)).body.model
  expect(data.params.length).toBe(200)
  expect(data.params).toContainEqual({ key: 'p5', value: '5' })
})

it('shows its metrics exactly, and under which names it was registered', async () => {
  const { info } = await create()
  const model = await face.world.platform.db
    .selectFrom('tracking.logged_model')
    .select('model_number')
    .where('model_id', '=', info.model_id)
    .executeTakeFirstOrThrow()
  const metric = { ...model, run_id: 'r', timestamp_ms: 5 }
  await face.world.platform.db
    .insertInto('tracking.logged_model_metric')
    .values([
      { ...metric, key: 'a', value: 0.1, step: 7, dataset_name: 'd', dataset_digest: 'x' },
      { ...metric, key: 'b', value: NaN, step: '9007199254740993' as never },
    ])
    .execute()
  const tag = { key: 'mlflow.modelVersions', value: '[{"name": "delays", "version": 3}]' }
  await face.call('PATCH', `logged-models/${info.model_id}/tags`, { tags: [tag] })

  const { body } = await get(info.model_id)
  const common = { model_id: info.model_id, run_id: 'r', timestamp: 5 }
  expect(body.model.data.metrics).toEqual([
    { ...common, key: 'a', value: 0.1, step: 7, dataset_name: 'd', dataset_digest: 'x' },
    { ...common, key: 'b', value: 'NaN', step: '9007199254740993' },
  ])
  expect(body.model.info.registrations).toEqual([{ name: 'delays', version: '3' }])
})

it('lists and gives its files', async () => {
  const { info } = await create()
  const root = info.artifact_uri.replace('mlflow-artifacts:/', '/api/2.0/mlflow-artifacts/artifacts/')
  for (const path of ['MLmodel', 'code/a.py']) {
    expect((await fetch(`${face.world.url}${root}/${path}`, { method: 'PUT', body: path })).status).toBe(200)
  }
  const directories = `logged-models/${info.model_id}/artifacts/directories`
  expect((await face.call('GET', directories)).body).toEqual({
    root_uri: info.artifact_uri,
    files: [
      { path: 'MLmodel', is_dir: false, file_size: 7 },
      { path: 'code', is_dir: true },
    ],
  })
  expect((await face.call('GET', directories, { artifact_directory_path: 'code' })).body.files).toEqual([
    { path: 'code/a.py', is_dir: false, file_size: 9 },
  ])
  expect((await face.call('GET', directories, { artifact_directory_path: '../..' })).status).toBe(400)
  const file = `/ajax-api/2.0/mlflow/logged-models/${info.model_id}/artifacts/files`
  expect((await face.call('GET', file, { artifact_file_path: 'code/a.py' })).body).toBe('code/a.py')
  expect((await face.call('GET', file, { artifact_file_path: '../x' })).status).toBe(400)
  expect((await face.call('GET', file)).status).toBe(400)
})

it('asks for the right to write, and to read', async () => {
  const { info } = await create()
  const { token } = await face.world.asRole('viewer')
  expect((await face.call('POST', 'logged-models', { experiment_id: '0' }, token)).status).toBe(403)
  expect((await face.call('GET', `logged-models/${info.model_id}`, {}, token)).status).toBe(200)
})
