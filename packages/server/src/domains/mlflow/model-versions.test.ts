import { createClient } from '@evenkeel/client'
import { registry as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onnxOf } from '../registry/testing-onnx.ts'
import { newVersion } from '../registry/testing.ts'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

const ours = () => createClient(endpoints, face.world.clientOptions())
const model = async (name: string) => {
  await face.call('POST', 'registered-models/create', { name })
  return name
}
const add = async (name: string, more: object = {}) =>
  face.call('POST', 'model-versions/create', { name, source: 's3://bucket/model', ...more })
const get = (name: string, version: string) => face.call('GET', 'model-versions/get', { name, version })
const stage = (name: string, version: string, to: string, archive = false) =>
  face.call('POST', 'model-versions/transition-stage', {
    name,
    version,
    stage: to,
    archive_existing_versions: archive,
  })

async function registerOnnx(name: string, auc = 0.73): Promise<void> {
  const tensor = { name: 'x', type: 1, shape: ['N', 1] }
  const artifact = await face.world.platform.blobs.put(onnxOf([tensor], [tensor], `${name} ${auc}`))
  await ours().register({ params: { model: name }, body: newVersion(artifact, { metrics: { auc } }) })
}

/** A logged model and a run, as tracking keeps them. */
async function haveLogged(modelId: string, runId: string): Promise<void> {
  await face.call('GET', 'experiments/get', { experiment_id: '0' })
  const { db } = face.world.platform
  const of = { project_id: 'default', experiment_id: 0, name: 'logged' }
  const files = `mlflow-artifacts:/0/models/${modelId}/artifacts`
  const made = { created_ms: 1, updated_ms: 1, status: 'LOGGED_MODEL_READY' as const, source_run_id: runId }
  const logged = { ...of, ...made, model_id: modelId, artifact_uri: files }
  await db.insertInto('tracking.logged_model').values(logged).execute()
  const run = {
    ...of,
    run_id: runId,
    user_id: 'ana',
    status: 'FINISHED' as const,
    started_ms: 1,
    artifact_uri: `/runs/${runId}`,
  }
  await db.insertInto('tracking.run').values(run).execute()
}

describe('versions', () => {
  it('numbers from 1, ready at once, with the number as text', async () => {
    const name = await model('numbered')
    const sent = { run_id: 'r1', run_link: 'http://x', description: 'First', tags: [{ key: 'k', value: 'v' }] }

    const { body } = await add(name, sent)

    expect(body.model_version).toMatchObject({
      name,
      version: '1',
      status: 'READY',
      current_stage: 'None',
      source: 's3://bucket/model',
      ...sent,
      aliases: [],
      user_id: 'local',
    })
    expect((await get(name, '1')).body).toEqual(body)
    const uri = await face.call('GET', 'model-versions/get-download-uri', { name, version: '1' })
    expect(uri.body).toEqual({ artifact_uri: 's3://bucket/model' })
  })

  it('gives each of many at once a number of its own', async () => {
    const name = await model('crowd')
    const answers = await Promise.all(Array.from({ length: 12 }, () => add(name)))
    const numbers = answers.map(({ body }) => Number(body.model_version.version)).toSorted((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
  })

  it('deletes softly: its aliases go, it is not found any more, and its number is not given again', async () => {
    const name = await model('deleted')
    await add(name)
    await add(name)
    await face.call('POST', 'registered-models/alias', { name, alias: 'newest', version: '2' })

    expect((await face.call('DELETE', 'model-versions/delete', { name, version: '2' })).body).toEqual({})

    const { status, body } = await get(name, '2')
    expect({ status, code: body.error_code }).toEqual({ status: 404, code: 'RESOURCE_DOES_NOT_EXIST' })
    expect(body.message).toBe('Model Version (name=deleted, version=2) not found')
    expect((await face.call('DELETE', 'model-versions/delete', { name, version: '2' })).status).toBe(404)
    const found = (await face.call('GET', 'registered-models/get', { name })).body.registered_model
    expect(found).toMatchObject({ aliases: [], latest_versions: [{ version: '1' }] })
    expect((await add(name)).body.model_version.version).toBe('3')
    const { items } = await ours().listVersions({ params: { model: name }, query: {} })
    expect(items.map(({ version }) => version)).toEqual([3, 1])
  })

  it('describes, tags and untags one', async () => {
    const name = await model('told')
    await add(name)
    const one = { name, version: '1' }
    await face.call('PATCH', 'model-versions/update', { ...one, description: '# Words' })
    await face.call('POST', 'model-versions/set-tag', { ...one, key: 'a.b', value: '1' })
    await face.call('POST', 'model-versions/set-tag', { ...one, key: 'a.b', value: '2' })
    expect((await get(name, '1')).body.model_version).toMatchObject({
      description: '# Words',
      tags: [{ key: 'a.b', value: '2' }],
    })
    expect(await ours().getVersion({ params: { model: name, version: 1 } })).toMatchObject({
      card: '# Words',
      tags: { 'a.b': '2' },
    })
    await face.call('DELETE', 'model-versions/delete-tag', { ...one, key: 'a.b' })
    expect((await get(name, '1')).body.model_version.tags).toEqual([])
  })

  it.each(['x', '1.5', '', '-1', '99999999999999999999'])('refuses "%s" as a version', async (version) => {
    const { status, body } = await get(await model('any'), version)
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
  })

  it('shows what pipelines registered, and that it is an ONNX file without files of MLflow', async () => {
    await registerOnnx('onnx')
    expect((await get('onnx', '1')).body.model_version).toMatchObject({ version: '1', status: 'READY', tags: [] })
    const { status, body } = await face.call('GET', 'model-versions/get-download-uri', { name: 'onnx', version: '1' })
    expect(status).toBe(400)
    expect(body.message).toContain('Download it with GET /api/v1/artifacts/sha256:')

    expect((await add('onnx')).body.model_version.version).toBe('2')
    await registerOnnx('onnx', 0.74)
    expect((await get('onnx', '3')).status).toBe(200)
  })

  it('keeps what a reader may not do from readers', async () => {
    const { token } = await face.world.asRole('viewer')
    const body = { name: await model('guarded'), source: 's3://a/b' }
    expect((await face.call('POST', 'model-versions/create', body, token)).body.error_code).toBe('PERMISSION_DENIED')
    expect((await face.call('GET', 'registered-models/get', body, token)).status).toBe(200)
  })
})

describe('sources', () => {
  const modelId = `m-${'a'.repeat(32)}`

  it('finds the files and the run of a logged model, and tells it what it became', async () => {
    await haveLogged(modelId, 'run-of-model')
    const name = await model('from logged')

    const { body } = await add(name, { source: `models:/${modelId}`, model_id: modelId })
    await add(name, { source: `models:/${modelId}` })

    expect(body.model_version).toMatchObject({
      source: `models:/${modelId}`,
      run_id: 'run-of-model',
      model_id: modelId,
    })
    const uri = `mlflow-artifacts:/0/models/${modelId}/artifacts`
    for (const version of ['1', '2']) {
      const found = await face.call('GET', 'model-versions/get-download-uri', { name, version })
      expect(found.body.artifact_uri).toBe(uri)
    }
    const tags = await face.world.platform.db.selectFrom('tracking.logged_model_tag').selectAll().execute()
    expect(tags.map(({ key, value }) => [key, JSON.parse(value)])).toEqual([
      [
        'mlflow.modelVersions',
        [
          { name, version: 1 },
          { name, version: 2 },
        ],
      ],
    ])
  })

  it('copies a version of another model by its address', async () => {
    const from = await model('copied from')
    await add(from, { source: 's3://bucket/original' })
    const name = await model('copied to')
    await add(name, { source: `models:/${from}/1` })
    await face.call('DELETE', 'model-versions/delete', { name: from, version: '1' })

    const uri = await face.call('GET', 'model-versions/get-download-uri', { name, version: '1' })

    expect(uri.body.artifact_uri).toBe('s3://bucket/original')
    expect((await get(name, '1')).body.model_version.source).toBe('models:/copied from/1')
  })

  it('takes a path on a disk only where the run keeps its files', async () => {
    await haveLogged(`m-${'b'.repeat(32)}`, 'local-run')
    const name = await model('local')
    const inside = { source: 'file:///runs/local-run/model', run_id: 'local-run' }
    expect((await add(name, inside)).status).toBe(200)
    expect((await add(name, { source: '/runs/local-run', run_id: 'local-run' })).status).toBe(200)
    expect((await add(name, { source: 'runs:/local-run/model' })).body.model_version.run_id).toBe('local-run')
  })

  it.each([
    { source: '/etc/passwd' },
    { source: 'file:///etc/passwd', run_id: 'local-run' },
    { source: '/runs/local-run-2/model', run_id: 'local-run' },
    { source: 'model', run_id: 'local-run' },
    { source: 's3://bucket/a/../b' },
    { source: 's3://bucket/%252e%252e/b' },
    { source: 'mlflow-artifacts:/0/x%00y' },
    { source: `models:/m-${'c'.repeat(32)}`, model_id: modelId },
    { source: 'models:/name@alias' },
    { source: 'runs:/nowhere/model' },
  ])('refuses $source', async (sent) => {
    const { status, body } = await add(await model('unsafe'), sent)
    expect([400, 404]).toContain(status)
    expect(['INVALID_PARAMETER_VALUE', 'RESOURCE_DOES_NOT_EXIST']).toContain(body.error_code)
  })
})

describe('stages', () => {
  it('takes them however they are written, archives the others, and answers the newest of each', async () => {
    const name = await model('staged')
    for (let i = 0; i < 4; i++) await add(name)
    await stage(name, '1', 'production')
    await stage(name, '2', 'STAGING')

    const { body } = await stage(name, '3', 'Production', true)

    expect(body.model_version.current_stage).toBe('Production')
    expect((await get(name, '1')).body.model_version.current_stage).toBe('Archived')
    const latest = await face.call('POST', 'registered-models/get-latest-versions', { name })
    const stagesOf = (answer: { body: { model_versions: { version: string; current_stage: string }[] } }) =>
      answer.body.model_versions.map(({ version, current_stage }) => [version, current_stage])
    expect(stagesOf(latest)).toEqual([
      ['1', 'Archived'],
      ['2', 'Staging'],
      ['3', 'Production'],
      ['4', 'None'],
    ])
    const asked = await face.call('GET', 'registered-models/get-latest-versions', {
      name,
      stages: ['production', 'None'],
    })
    expect(stagesOf(asked)).toEqual([
      ['3', 'Production'],
      ['4', 'None'],
    ])
    const { items } = await ours().listStageMoves({ params: { model: name }, query: { limit: 2 } })
    expect(items).toMatchObject([
      { version: 1, label: 'Archived', previousLabel: 'Production', movedBy: 'local' },
      { version: 3, label: 'Production', previousLabel: 'None', movedBy: 'local' },
    ])
  })

  it('refuses stages that are none, and to archive for one that is not active', async () => {
    const name = await model('misstaged')
    await add(name)
    expect((await stage(name, '1', 'Live')).status).toBe(400)
    expect((await stage(name, '1', 'Archived', true)).body.message).toContain('is not an Active stage')
    expect((await get(name, '1')).body.model_version.current_stage).toBe('None')
  })

  it('leaves Production to rollouts once one has reached production', async () => {
    const name = await model('guarded stage')
    await add(name)
    await add(name)
    await stage(name, '1', 'Production')
    face.uses.set(name, { endpoints: ['e'], versions: [1], environments: ['production'] })

    for (const [version, to] of [
      ['2', 'Production'],
      ['1', 'Archived'],
    ] as const) {
      const { status, body } = await stage(name, version, to)
      expect({ status, code: body.error_code }).toEqual({ status: 403, code: 'PERMISSION_DENIED' })
    }
    expect((await stage(name, '2', 'Staging')).status).toBe(200)
  })
})

describe('searching versions', () => {
  const search = async (query: object) => (await face.call('GET', 'model-versions/search', query)).body
  const idsOf = (body: { model_versions: { name: string; version: string }[] }) =>
    body.model_versions.map(({ name, version }) => `${name} ${version}`)

  it('filters by name, run, source, number and tag; by name and then the newest first', async () => {
    const name = await model('v-one')
    const other = await model('v-two')
    await add(name, { run_id: 'vr1', tags: [{ key: 'k', value: 'v' }] })
    await add(name, { source: 's3://other/place', run_id: 'vr2' })
    await add(other, { run_id: 'vr1' })

    expect(idsOf(await search({ filter: "name LIKE 'v-%'" }))).toEqual(['v-one 2', 'v-one 1', 'v-two 1'])
    expect(idsOf(await search({ filter: "run_id = 'vr1'" }))).toEqual(['v-one 1', 'v-two 1'])
    expect(idsOf(await search({ filter: "run_id IN ('vr2')" }))).toEqual(['v-one 2'])
    expect(idsOf(await search({ filter: "source_path LIKE 's3://other/%'" }))).toEqual(['v-one 2'])
    expect(idsOf(await search({ filter: "name LIKE 'v-%' AND version_number > 1" }))).toEqual(['v-one 2'])
    expect(idsOf(await search({ filter: "name LIKE 'v-%' AND tags.k = 'v'" }))).toEqual(['v-one 1'])
    // Not equal is said only of what has the tag.
    expect(idsOf(await search({ filter: "name LIKE 'v-%' AND tags.k != 'w'" }))).toEqual(['v-one 1'])
  })

  it('pages in any order without a repeat or a gap', async () => {
    const name = await model('v-paged')
    for (let i = 0; i < 5; i++) await add(name, i % 2 === 0 ? { run_id: `p${i}` } : {})
    const seen: string[] = []
    let token: string | undefined
    do {
      const query = { filter: "name = 'v-paged'", order_by: ['run_id DESC', 'version_number'], max_results: 2 }
      const page = await search({ ...query, ...(token && { page_token: token }) })
      seen.push(...page.model_versions.map(({ version }: { version: string }) => version))
      token = page.next_page_token
    } while (token)
    expect(seen).toEqual(['5', '3', '1', '2', '4'])
  })
})
