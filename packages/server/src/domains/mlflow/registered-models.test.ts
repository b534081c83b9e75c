import { createClient } from '@evenkeel/client'
import { registry as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
})
afterAll(() => face.world.stop())

const ours = () => createClient(endpoints, face.world.clientOptions())
const create = (name: string, more: object = {}) => face.call('POST', 'registered-models/create', { name, ...more })
const get = async (name: string) => (await face.call('GET', 'registered-models/get', { name })).body.registered_model
const addVersion = (name: string, more: object = {}) =>
  face.call('POST', 'model-versions/create', { name, source: 's3://bucket/model', ...more })
const setAlias = (name: string, alias: string, version: string) =>
  face.call('POST', 'registered-models/alias', { name, alias, version })

async function withVersions(name: string, count: number): Promise<string> {
  await create(name)
  for (let version = 0; version < count; version++) await addVersion(name)
  return name
}

describe('registered models', () => {
  it('creates one with any name, and tells a second one so by the code that clients go on after', async () => {
    const name = 'Verspätung – 50 % 🛫'
    const { body } = await create(name, { description: 'Late?', tags: [{ key: 'team', value: 'ops' }] })
    const again = await create(name)

    expect(body.registered_model).toMatchObject({
      name,
      description: 'Late?',
      tags: [{ key: 'team', value: 'ops' }],
      latest_versions: [],
      aliases: [],
      user_id: 'local',
    })
    expect(again).toMatchObject({ status: 400, body: { error_code: 'RESOURCE_ALREADY_EXISTS' } })
    expect(again.body.message).toBe(`Registered Model (name=${name}) already exists.`)
  })

  it.each(['', ' ', 'a/b', 'a:b', '..', 'x'.repeat(251)])('refuses the name "%s"', async (name) => {
    const { status, body } = await create(name)
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
  })

  it('shows a model of any name in our own API, addressed by its encoded name', async () => {
    const name = await withVersions('Größe 100% & mehr?', 1)

    expect(await ours().getModel({ params: { model: name } })).toMatchObject({ name, latestVersion: 1 })
    expect(await ours().getVersion({ params: { model: name, version: 1 } })).toMatchObject({
      stage: 'candidate',
      artifact: null,
      signature: null,
      gate: null,
      origin: { source: 's3://bucket/model', uri: 's3://bucket/model', runId: null, modelId: null },
    })
    expect((await ours().listModels({ query: {} })).items.map((model) => model.name)).toContain(name)
    const longest = 'ü'.repeat(250)
    await create(longest)
    expect(await ours().getModel({ params: { model: longest } })).toMatchObject({ name: longest })
  })

  it('describes, tags and untags', async () => {
    await create('described')
    await face.call('PATCH', 'registered-models/update', { name: 'described', description: 'New words' })
    const tag = { name: 'described', key: 'a/b c', value: 'x'.repeat(100_000) }
    expect((await face.call('POST', 'registered-models/set-tag', tag)).status).toBe(200)
    expect(await get('described')).toMatchObject({ description: 'New words', tags: [{ key: 'a/b c' }] })

    expect((await face.call('POST', 'registered-models/set-tag', { ...tag, value: `${tag.value}x` })).status).toBe(400)
    expect((await face.call('POST', 'registered-models/set-tag', { ...tag, key: '../x' })).status).toBe(400)
    expect((await face.call('DELETE', 'registered-models/delete-tag', tag)).body).toEqual({})
    expect((await face.call('DELETE', 'registered-models/delete-tag', tag)).status).toBe(200)
    expect((await get('described')).tags).toEqual([])
  })

  it('knows no model that is not there', async () => {
    for (const [method, path, more] of [
      ['GET', 'registered-models/get', {}],
      ['PATCH', 'registered-models/update', {}],
      ['DELETE', 'registered-models/delete', {}],
      ['POST', 'registered-models/get-latest-versions', {}],
      ['POST', 'registered-models/rename', { new_name: 'x' }],
      ['POST', 'model-versions/create', { source: 's3://a/b' }],
    ] as const) {
      const { status, body } = await face.call(method, path, { name: 'nowhere', ...more })
      expect({ path, status, code: body.error_code }).toEqual({ path, status: 404, code: 'RESOURCE_DOES_NOT_EXIST' })
      expect(body.message).toBe('Registered Model with name=nowhere not found')
    }
  })
})

describe('renaming and deleting', () => {
  it('takes versions, tags, aliases and both histories along to a new name', async () => {
    await withVersions('before', 2)
    await setAlias('before', 'candidate', '2')
    await face.call('POST', 'model-versions/set-tag', { name: 'before', version: '1', key: 'k', value: 'v' })
    const stage = { name: 'before', version: '1', stage: 'staging', archive_existing_versions: false }
    await face.call('POST', 'model-versions/transition-stage', stage)

    const { body } = await face.call('POST', 'registered-models/rename', { name: 'before', new_name: 'after it' })

    expect(body.registered_model).toMatchObject({ name: 'after it', aliases: [{ alias: 'candidate', version: '2' }] })
    expect((await face.call('GET', 'registered-models/get', { name: 'before' })).status).toBe(404)
    const one = await face.call('GET', 'model-versions/get', { name: 'after it', version: '1' })
    expect(one.body.model_version).toMatchObject({ current_stage: 'Staging', tags: [{ key: 'k', value: 'v' }] })
    const moves = await ours().listAliasMoves({ params: { model: 'after it' }, query: {} })
    expect(moves.items).toMatchObject([{ alias: 'candidate', version: 2, movedBy: 'local' }])
    const labels = await ours().listStageMoves({ params: { model: 'after it' }, query: {} })
    expect(labels.items).toMatchObject([{ version: 1, label: 'Staging', previousLabel: 'None', movedBy: 'local' }])
  })

  it('keeps a name that is taken', async () => {
    await create('one')
    await create('other')
    const { status, body } = await face.call('POST', 'registered-models/rename', { name: 'one', new_name: 'other' })
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'RESOURCE_ALREADY_EXISTS' })
    expect((await face.call('POST', 'registered-models/rename', { name: 'one', new_name: 'one' })).status).toBe(200)
  })

  it('deletes a model with its versions, and lets its name be used again', async () => {
    await withVersions('gone', 2)
    await setAlias('gone', 'champion', '1')

    expect((await face.call('DELETE', 'registered-models/delete', { name: 'gone' })).body).toEqual({})

    expect((await face.call('GET', 'model-versions/get', { name: 'gone', version: '1' })).status).toBe(404)
    expect((await create('gone')).status).toBe(200)
    expect((await get('gone')).latest_versions).toEqual([])
  })

  it('neither renames nor deletes what an endpoint serves, and says why', async () => {
    await withVersions('served', 1)
    face.uses.set('served', { endpoints: ['flights'], versions: [1], environments: ['staging'] })

    for (const [method, path, more] of [
      ['DELETE', 'registered-models/delete', {}],
      ['POST', 'registered-models/rename', { new_name: 'elsewhere' }],
      ['DELETE', 'model-versions/delete', { version: '1' }],
    ] as const) {
      const { status, body } = await face.call(method, path, { name: 'served', ...more })
      expect({ path, status, code: body.error_code }).toEqual({ path, status: 403, code: 'PERMISSION_DENIED' })
    }
    expect(await get('served')).toMatchObject({ name: 'served', latest_versions: [{ version: '1' }] })
  })
})

describe('aliases', () => {
  it('points, moves and takes away, and keeps the history', async () => {
    await withVersions('aliased', 2)
    expect((await setAlias('aliased', 'Best_1', '1')).body).toEqual({})
    expect((await setAlias('aliased', 'Best_1', '2')).body).toEqual({})
    const found = await face.call('GET', 'registered-models/alias', { name: 'aliased', alias: 'Best_1' })
    expect(found.body.model_version).toMatchObject({ version: '2', aliases: ['Best_1'] })
    expect((await get('aliased')).aliases).toEqual([{ alias: 'Best_1', version: '2' }])

    const one = { name: 'aliased', alias: 'Best_1' }
    expect((await face.call('DELETE', 'registered-models/alias', one)).body).toEqual({})
    expect((await face.call('DELETE', 'registered-models/alias', one)).status).toBe(200)

    expect((await get('aliased')).aliases).toEqual([])
    const { items } = await ours().listAliasMoves({ params: { model: 'aliased' }, query: {} })
    expect(items).toMatchObject([
      { version: null, previousVersion: 2, movedBy: 'local' },
      { version: 2, previousVersion: 1 },
      { version: 1, previousVersion: null },
    ])
  })

  it('resolves latest to the newest version, and a missing alias to a mistake', async () => {
    await withVersions('newest', 3)
    await face.call('DELETE', 'model-versions/delete', { name: 'newest', version: '3' })
    const stage = { name: 'newest', version: '1', stage: 'Staging', archive_existing_versions: false }
    await face.call('POST', 'model-versions/transition-stage', stage)

    const latest = await face.call('GET', 'registered-models/alias', { name: 'newest', alias: 'latest' })
    const missing = await face.call('GET', 'registered-models/alias', { name: 'newest', alias: 'nope' })

    expect(latest.body.model_version.version).toBe('2')
    expect(missing.status).toBe(400)
    expect(missing.body).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Registered model alias nope not found.',
    })
  })

  it.each(['latest', 'Latest', 'v7', 'V07', 'a b', 'a/b', '', 'x'.repeat(256)])('refuses "%s"', async (alias) => {
    await withVersions('reserved', 1)
    const { status, body } = await setAlias('reserved', alias, '1')
    expect({ status, code: body.error_code }).toEqual({ status: 400, code: 'INVALID_PARAMETER_VALUE' })
  })

  it('lets champion and challenger be set until a rollout reaches production', async () => {
    await withVersions('followed', 2)
    expect((await setAlias('followed', 'champion', '1')).status).toBe(200)
    face.uses.set('followed', { endpoints: ['e'], versions: [1], environments: ['staging'] })
    expect((await setAlias('followed', 'challenger', '2')).status).toBe(200)
    face.uses.set('followed', { endpoints: ['e'], versions: [1], environments: ['staging', 'production'] })

    const set = await setAlias('followed', 'champion', '2')
    const removed = await face.call('DELETE', 'registered-models/alias', { name: 'followed', alias: 'challenger' })

    for (const { status, body } of [set, removed]) {
      expect({ status, code: body.error_code }).toEqual({ status: 403, code: 'PERMISSION_DENIED' })
      expect(body.message).toMatch(/follows what is deployed to production.*evenkeel deploy.*approval/)
    }
    expect((await get('followed')).aliases).toEqual(
      expect.arrayContaining([
        { alias: 'champion', version: '1' },
        { alias: 'challenger', version: '2' },
      ]),
    )
    expect((await setAlias('followed', 'shadow', '2')).status).toBe(200)
  })
})

describe('searching models', () => {
  const search = async (query: object) => (await face.call('GET', 'registered-models/search', query)).body
  const namesOf = (body: { registered_models: { name: string }[] }) => body.registered_models.map(({ name }) => name)

  it('filters by name and tag, in the order that was asked for, page by page', async () => {
    for (const name of ['s-a', 's-b', 's-c']) await create(name, { tags: [{ key: 'x y', value: name.toUpperCase() }] })
    await addVersion('s-b')

    expect(namesOf(await search({ filter: "name LIKE 's-%'" }))).toEqual(['s-a', 's-b', 's-c'])
    expect(namesOf(await search({ filter: "tags.`x y` ILIKE 's-%' AND name != 's-a'" }))).toEqual(['s-b', 's-c'])
    expect(namesOf(await search({ filter: "name = 's-a' OR name = 's-c'", order_by: 'name DESC' }))).toEqual([
      's-c',
      's-a',
    ])
    const query = { filter: "name LIKE 's-%'", order_by: ['last_updated_timestamp DESC', 'name'], max_results: 2 }
    const first = await search(query)
    const second = await search({ ...query, page_token: first.next_page_token })
    expect([...namesOf(first), ...namesOf(second)]).toEqual(expect.arrayContaining(['s-a', 's-b', 's-c']))
    expect(namesOf(first)[0]).toBe('s-b')
    expect(first.registered_models[0].latest_versions).toMatchObject([{ version: '1' }])
    expect(second.next_page_token).toBeUndefined()
  })

  it('refuses tokens of another question, filters that cannot be read and pages that are too long', async () => {
    const { next_page_token: token } = await search({ max_results: 1 })
    for (const query of [
      { filter: "name = 's-a'", page_token: token },
      { page_token: 'abc' },
      { filter: 'name = s-a' },
      { filter: 'colour = 1' },
      { order_by: 'colour' },
      { max_results: 1001 },
      { max_results: 0 },
    ]) {
      const { status, body } = await face.call('GET', 'registered-models/search', query)
      expect({ query, status, code: body.error_code }).toEqual({ query, status: 400, code: 'INVALID_PARAMETER_VALUE' })
    }
  })
})
