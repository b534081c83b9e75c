import { createHmac } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { startTriggersWorld, type TriggersWorld } from './testing.ts'

const secret = 'a secret of the test'
let world: TriggersWorld
let pipeline: string
beforeAll(async () => {
  world = await startTriggersWorld()
}, 60_000)
afterAll(() => world.stop())
beforeEach(async () => {
  pipeline = await world.havePipeline()
  await world.putTrigger(pipeline, { on: { kind: 'webhook' }, secret, whenBusy: 'queue' })
})

const hex = (text: string, key = secret) => createHmac('sha256', key).update(text).digest('hex')
const seconds = () => Math.floor(Date.now() / 1000)

interface Sent {
  readonly path?: string
  readonly key?: string
  readonly headers?: Record<string, string>
}

async function send(body: string, { path = `default/${pipeline}/it`, key = secret, headers = {} }: Sent = {}) {
  const t = seconds()
  const signature = `t=${t},v1=${hex(`${t}.${body}`, key)}`
  const answer = await fetch(`${world.url}/api/v1/hooks/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-evenkeel-signature': signature, ...headers },
    body,
  })
  return { status: answer.status, body: (await answer.json()) as { firing?: string; code?: string; detail?: string } }
}

it('starts a run for a signed request, and says what was sent', async () => {
  const answer = await send('{"ref":"main"}', { headers: { 'idempotency-key': 'one', authorization: 'Bearer nobody' } })

  expect(answer).toMatchObject({ status: 202, body: { firing: expect.any(String) } })
  const [firing] = await world.firings(pipeline)
  expect(firing).toMatchObject({
    id: answer.body.firing,
    kind: 'webhook',
    outcome: 'started',
    says: 'A signed request of 14 bytes came in.',
    evidence: { sizeBytes: 14, headers: { 'idempotency-key': 'one', 'content-type': 'application/json' } },
  })
  expect(JSON.stringify(firing!.evidence)).not.toMatch(/authorization|signature/i)
  expect((await world.until(firing!.runId!)).trigger).toMatchObject({ kind: 'webhook' })
})

it('takes what GitHub sends', async () => {
  const body = '{"zen":"Keep it logically awesome."}'
  const answer = await fetch(`${world.url}/api/v1/hooks/default/${pipeline}/it`, {
    method: 'POST',
    headers: { 'x-hub-signature-256': `sha256=${hex(body)}`, 'x-github-delivery': 'd1', 'x-github-event': 'push' },
    body,
  })

  expect(answer.status).toBe(202)
  const [firing] = await world.firings(pipeline)
  expect(firing!.says).toBe(`A signed request of ${body.length} bytes came in, about "push".`)
  await world.until(firing!.runId!)
})

it('answers a repeat with the same firing, also when both come at once', async () => {
  const key = (name: string) => ({ headers: { 'idempotency-key': name } })
  const delivery = (name: string) => ({ headers: { 'x-github-delivery': name } })

  const keyed = await Promise.all([send('a', key('k')), send('b', key('k')), send('c', key('k'))])
  const delivered = await Promise.all([send('a', delivery('d')), send('b', delivery('d'))])
  const plain = await Promise.all([send('same'), send('same'), send('other')])

  expect(new Set(keyed.map(({ body }) => body.firing)).size).toBe(1)
  expect(new Set(delivered.map(({ body }) => body.firing)).size).toBe(1)
  expect(plain[1]!.body.firing).toBe(plain[0]!.body.firing)
  expect(plain[2]!.body.firing).not.toBe(plain[0]!.body.firing)
  expect(await world.firings(pipeline)).toHaveLength(4)
})

it('refuses what it cannot trust, and tells nobody what exists', async () => {
  const wrongSecret = await send('{}', { key: 'another secret of 16' })
  const unknown = await send('{}', { path: `default/${pipeline}/nothing` })
  const otherProject = await send('{}', { path: `elsewhere/${pipeline}/it` })
  const old = await send('{}', { headers: { 'x-evenkeel-signature': `t=${seconds() - 400},v1=${'0'.repeat(64)}` } })

  for (const { status, body } of [wrongSecret, unknown, otherProject]) {
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 401,
      code: 'pipelines.hook_refused',
      detail: 'The signature does not fit the body, or nothing listens at this address.',
    })
  }
  expect(old).toMatchObject({ status: 401, body: { detail: expect.stringContaining('five minutes') } })
  expect(await world.firings(pipeline)).toEqual([])
})

it('takes 256 KiB and no more', async () => {
  const most = await send('x'.repeat(256 * 1024))
  const more = await send('x'.repeat(256 * 1024 + 1))

  expect(most.status).toBe(202)
  expect(more).toMatchObject({ status: 413, body: { code: 'http.too_large' } })
  expect(await world.firings(pipeline)).toHaveLength(1)
})

it('keeps the secret to itself, and keeps it when the trigger is written without one', async () => {
  const written = await world.putTrigger(pipeline, { on: { kind: 'webhook' }, cooldownSeconds: 1 })
  const listed = await world.triggers.list()
  const entries = await listAudit(world.platform.db, { projectId: 'default', limit: 100 })

  expect(JSON.stringify([written, listed, entries])).not.toContain(secret)
  expect((await send('{}')).status).toBe(202)
})

it('writes down what comes to a trigger that is switched off, and starts nothing', async () => {
  await world.putTrigger(pipeline, { on: { kind: 'webhook' }, enabled: false })

  expect((await send('{}')).status).toBe(202)
  expect(await world.firings(pipeline)).toMatchObject([
    { outcome: 'skipped', says: expect.stringContaining('The trigger is switched off.') },
  ])
})
