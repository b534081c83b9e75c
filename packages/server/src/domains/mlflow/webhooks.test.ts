import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

interface Heard {
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  readonly body: { entity: string; action: string; timestamp: string; data: Readonly<Record<string, unknown>> }
}

const heard: Heard[] = []
/** What the receiver answers next; 200 when there is nothing left. */
const answers: number[] = []
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    heard.push({ headers: request.headers, text: body, body: JSON.parse(body) as Heard['body'] })
    response.writeHead(answers.shift() ?? 200).end('heard')
  })
})

let face: Face
let url: string
beforeAll(async () => {
  face = await startFace()
  await once(receiver.listen(0, '127.0.0.1'), 'listening')
  url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
})
afterAll(async () => {
  receiver.close()
  await face.world.stop()
})
afterEach(async () => {
  await face.world.settle()
  await sql`delete from webhooks.webhook`.execute(face.world.platform.db)
  heard.length = 0
})

const everything = [
  ['REGISTERED_MODEL', 'CREATED'],
  ['MODEL_VERSION', 'CREATED'],
  ['MODEL_VERSION_TAG', 'SET'],
  ['MODEL_VERSION_TAG', 'DELETED'],
  ['MODEL_VERSION_ALIAS', 'CREATED'],
  ['MODEL_VERSION_ALIAS', 'DELETED'],
  ['PROMPT', 'CREATED'],
  ['PROMPT_VERSION', 'CREATED'],
  ['PROMPT_TAG', 'SET'],
].map(([entity, action]) => ({ entity, action }))

const create = async (more: object = {}) =>
  (await face.call('POST', 'webhooks', { name: 'hook', url, events: everything, secret: 'not told', ...more })).body
const told = () => heard.map(({ body: { entity, action, data } }) => ({ what: `${entity} ${action}`, data }))

describe('deliveries', () => {
  it('tell of models, versions, tags and aliases, signed as MLflow signs', async () => {
    await create()
    await face.call('POST', 'registered-models/create', { name: 'm', description: 'Late?' })
    await face.world.settle()
    await face.call('POST', 'model-versions/create', { name: 'm', source: 's3://a/b' })
    await face.world.settle()
    const version = { name: 'm', version: '1' }
    await face.call('POST', 'model-versions/set-tag', { ...version, key: 'k', value: 'ü' })
    await face.world.settle()
    await face.call('DELETE', 'model-versions/delete-tag', { ...version, key: 'k' })
    await face.call('POST', 'registered-models/set-tag', { name: 'm', key: 'silent', value: 'yes' })
    await face.world.settle()
    await face.call('POST', 'registered-models/alias', { ...version, alias: 'best' })
    await face.world.settle()
    await face.call('DELETE', 'registered-models/alias', { name: 'm', alias: 'best' })
    await face.world.settle()

    expect(told()).toEqual([
      { what: 'registered_model created', data: { name: 'm', tags: {}, description: 'Late?' } },
      {
        what: 'model_version created',
        data: { ...version, source: 's3://a/b', run_id: null, tags: {}, description: '' },
      },
      { what: 'model_version_tag set', data: { ...version, key: 'k', value: 'ü' } },
      { what: 'model_version_tag deleted', data: { ...version, key: 'k' } },
      { what: 'model_version_alias created', data: { ...version, alias: 'best' } },
      { what: 'model_version_alias deleted', data: { name: 'm', alias: 'best' } },
    ])
    for (const { headers, text: body } of heard) {
      const signed = `${String(headers['x-mlflow-delivery-id'])}.${String(headers['x-mlflow-timestamp'])}.${body}`
      const expected = createHmac('sha256', 'not told').update(signed).digest('base64')
      expect(headers['x-mlflow-signature']).toBe(`v1,${expected}`)
    }
    expect(new Set(heard.map(({ headers }) => headers['x-mlflow-delivery-id'])).size).toBe(heard.length)
  })

  it('tell of prompts as prompts', async () => {
    await create({ secret: '' })
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }]
    await face.call('POST', 'registered-models/create', { name: 'p', tags })
    await face.world.settle()
    const worded = [...tags, { key: 'mlflow.prompt.text', value: 'Hello {{name}}' }]
    await face.call('POST', 'model-versions/create', { name: 'p', source: 'dummy-source', tags: worded })
    await face.world.settle()
    await face.call('POST', 'registered-models/set-tag', { name: 'p', key: 'k', value: 'v' })
    await face.world.settle()

    expect(told()).toMatchObject([
      { what: 'prompt created', data: { name: 'p' } },
      { what: 'prompt_version created', data: { name: 'p', version: '1', template: 'Hello {{name}}' } },
      { what: 'prompt_tag set', data: { name: 'p', key: 'k', value: 'v' } },
    ])
    expect(heard[0]!.headers).not.toHaveProperty('x-mlflow-signature')
  })

  it('are tried again under the same id while the address fails, and not when it refuses', async () => {
    await create({ events: [{ entity: 'REGISTERED_MODEL', action: 'CREATED' }] })
    answers.push(503)
    await face.call('POST', 'registered-models/create', { name: 'again' })
    await expect.poll(() => heard.length, { timeout: 15_000, interval: 100 }).toBe(2)
    expect(heard[1]!.headers['x-mlflow-delivery-id']).toBe(heard[0]!.headers['x-mlflow-delivery-id'])
    expect(heard[1]!.text).toBe(heard[0]!.text)

    answers.push(422)
    await face.call('POST', 'registered-models/create', { name: 'refused' })
    await face.world.settle()
    expect(heard).toHaveLength(3)
  })

  it('go to nobody who is switched off, wants other news, or lives in another project', async () => {
    await create({ status: 'DISABLED' })
    await create({ events: [{ entity: 'PROMPT', action: 'CREATED' }] })
    await create({ name: 'theirs' })
    await sql`update webhooks.webhook set project_id = 'other' where name = 'theirs'`.execute(face.world.platform.db)
    await face.call('POST', 'registered-models/create', { name: 'unheard' })
    await face.world.settle()
    expect(heard).toEqual([])
    expect((await face.call('GET', 'webhooks')).body.webhooks).toHaveLength(2)
  })
})

describe('webhooks', () => {
  it('are read, listed in pages, changed and deleted, and never show their secret', async () => {
    const { webhook } = await create({ description: 'first' })
    const second = (await create({ name: 'second' })).webhook
    expect(webhook).toMatchObject({ name: 'hook', description: 'first', url, status: 'ACTIVE', events: everything })
    expect(JSON.stringify(webhook)).not.toContain('not told')
    const { rows } = await sql<{ secret: Buffer }>`select secret from webhooks.webhook`.execute(face.world.platform.db)
    for (const { secret } of rows) expect(secret.includes('not told')).toBe(false)

    const first = (await face.call('GET', 'webhooks', { max_results: 1 })).body
    const rest = (await face.call('GET', 'webhooks', { max_results: 1, page_token: first.next_page_token })).body
    const ids = [...first.webhooks, ...rest.webhooks].map(({ webhook_id: id }: { webhook_id: string }) => id)
    expect(new Set(ids)).toEqual(new Set([webhook.webhook_id, second.webhook_id]))
    expect(ids).toHaveLength(2)
    expect(rest.next_page_token).toBeUndefined()

    const path = `webhooks/${webhook.webhook_id}`
    const changed = (await face.call('PATCH', path, { status: 2, events: [{ entity: 2, action: 'CREATED' }] })).body
    expect(changed.webhook).toMatchObject({
      name: 'hook',
      status: 'DISABLED',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    })
    expect((await face.call('GET', path)).body.webhook).toEqual(changed.webhook)
    expect((await face.call('DELETE', path)).status).toBe(200)
    for (const method of ['GET', 'DELETE', 'PATCH']) {
      const { status, body } = await face.call(method, path)
      expect({ status, message: body.message }).toEqual({
        status: 404,
        message: `Webhook with ID ${webhook.webhook_id} not found.`,
      })
    }
  })

  it('are tested with an example, and say what came back', async () => {
    const { webhook } = await create()
    const test = (message: object = {}) => face.call('POST', `webhooks/${webhook.webhook_id}/test`, message)
    expect((await test()).body.result).toEqual({ success: true, response_status: 200, response_body: 'heard' })
    expect(heard[0]!.body).toMatchObject({ entity: 'registered_model', data: { name: 'example_model' } })
    answers.push(500)
    expect((await test({ event: { entity: 'PROMPT', action: 'CREATED' } })).body.result).toMatchObject({
      success: false,
      response_status: 500,
      error_message: 'The target answered 500: heard',
    })
    await face.call('PATCH', `webhooks/${webhook.webhook_id}`, { url: 'http://127.0.0.1:1/nobody' })
    const { result } = (await test()).body
    expect(result).toMatchObject({ success: false, error_message: expect.stringContaining('ECONNREFUSED') })
  })

  it.each([
    [{ name: '-a' }, /Webhook name '-a' is invalid/],
    [{ url: 'ftp://example.org' }, /not http or https/],
    [{ url: 'nonsense' }, /Invalid webhook URL/],
    [{ url: 'https://user:pass@example.org' }, /user or a password/],
    [{ events: [] }, /one event at least/],
    [{ events: [{ entity: 'PROMPT', action: 'SET' }] }, /Of PROMPT webhooks tell CREATED, and not SET/],
    [{ events: [{ entity: 'BUDGET_POLICY', action: 'EXCEEDED' }] }, /entity/],
    [{ secret: 'x'.repeat(1001) }, /1000 characters/],
    [{ name: undefined }, /Missing value for required parameter 'name'/],
  ])('are refused when they are %j', async (more, why) => {
    expect(await create(more)).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(why),
    })
  })

  it('lead to no private address unless the server allows it', async () => {
    const strict = await startFace({ privateWebhooks: false })
    try {
      for (const address of ['http://127.0.0.1:1', 'http://localhost', 'http://[::1]', 'http://169.254.169.254']) {
        const { status } = await strict.call('POST', 'webhooks', { name: 'a', url: address, events: everything })
        expect({ address, status }).toEqual({ address, status: 400 })
      }
    } finally {
      await strict.world.stop()
    }
  })
})
