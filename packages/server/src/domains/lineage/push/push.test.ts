import { readdir, readFile } from 'node:fs/promises'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type LineageWorld, startLineageWorld } from '../testing.ts'
import { appendLine } from './file.ts'

let world: LineageWorld
beforeAll(async () => {
  world = await startLineageWorld({ EVENKEEL_LINEAGE_PRIVATE_TARGETS: '1' })
  await world.run('churn', { steps: [{ key: 'a', run: ['true'] }] })
  await world.settle()
})
afterAll(() => world.stop())

interface Received {
  readonly body: { readonly eventType?: string; readonly job?: { readonly name: string } }
  readonly authorization: string | undefined
}

const servers: Server[] = []
afterEach(async () => {
  for (const { name } of (await world.api.listTargets()).items)
    await world.api.removeTarget({ params: { target: name } })
  for (const server of servers.splice(0)) server.close()
})

/** A target as any program may be one: `answer` says what it makes of an event. */
async function target(
  answer: (received: Received, all: readonly Received[]) => number,
  headers: Record<string, string> = {},
) {
  const all: Received[] = []
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const received = { body: JSON.parse(text) as Received['body'], authorization: request.headers.authorization }
      all.push(received)
      response.writeHead(answer(received, all), headers).end('because')
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { all, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/lineage` }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

const add = (
  name: string,
  spec: { kind: 'http'; url: string } | { kind: 'file' },
  more: { key?: string; from?: 'now' } = {},
) => world.api.putTarget({ params: { target: name }, body: { spec, from: 'beginning', ...more } })
const push = () => world.runJob('lineage.push')
const state = async (name: string) => (await world.api.listTargets()).items.find((one) => one.name === name)!
const words = (all: readonly Received[]) => all.map(({ body }) => `${body.job?.name ?? ''} ${body.eventType ?? 'FACT'}`)
const inOrder = ['churn FACT', 'churn START', 'churn.a START', 'churn.a COMPLETE', 'churn COMPLETE']

describe('pushing', () => {
  it('sends everything once, in order, with the key, which nobody is shown', async () => {
    const { all, url } = await target(() => 201)
    const added = await add('marquez', { kind: 'http', url }, { key: 'top-secret' })
    await push()
    await push()

    expect(words(all)).toEqual(inOrder)
    expect(new Set(all.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer top-secret']))
    expect(await state('marquez')).toMatchObject({
      hasKey: true,
      waitingCount: 0,
      lagSeconds: 0,
      lastError: null,
      refusedCount: 0,
    })
    expect(JSON.stringify([added, await world.api.listTargets()])).not.toContain('top-secret')
    expect((await state('marquez')).lastSuccessAt).not.toBeNull()
  })

  it('keeps what a target that is down does not get, says so, and goes on where it was', async () => {
    let up = false
    const { all, url } = await target((_, got) => (up || got.length < 3 ? 201 : 503))
    await add('down', { kind: 'http', url })
    await push()

    expect(await state('down')).toMatchObject({
      waitingCount: 3,
      lastError: 'The target answered 503: because',
      refusedCount: 0,
    })
    expect(Date.parse((await state('down')).nextTryAt!)).toBeGreaterThan(Date.now())
    await push()
    expect(all).toHaveLength(3)
    up = true
    await add('down', { kind: 'http', url })
    await push()
    expect(words(all.toSpliced(2, 1))).toEqual(inOrder)
    expect(await state('down')).toMatchObject({ waitingCount: 0, nextTryAt: null })
  })

  it('leaves out, after three tries, what a target will never take, and counts it', async () => {
    const { all, url } = await target(({ body }) =>
      body.job?.name === 'churn.a' && body.eventType === 'START' ? 422 : 200,
    )
    await add('picky', { kind: 'http', url })
    await push()
    for (let tries = 0; tries < 2; tries++) {
      await hurry('picky')
      await push()
    }
    await push()

    expect(words(all)).toEqual([...inOrder.slice(0, 2), ...Array<string>(3).fill(inOrder[2]!), ...inOrder.slice(3)])
    expect(await state('picky')).toMatchObject({ refusedCount: 1, waitingCount: 0 })
  })

  it('does not follow a redirect, and does not take the key to another address', async () => {
    const elsewhere = await target(() => 200)
    const { url } = await target(() => 307, { location: elsewhere.url })
    await add('moved', { kind: 'http', url }, { key: 'top-secret' })
    await push()

    expect(elsewhere.all).toEqual([])
    expect((await state('moved')).lastError).toMatch(/answered 307/)
    await add('moved', { kind: 'http', url: elsewhere.url })
    await push()
    expect(new Set(elsewhere.all.map(({ authorization }) => authorization))).toEqual(new Set([undefined]))
  })

  it('begins with what comes next when nothing else is said', async () => {
    const { all, url } = await target(() => 200)
    await world.api.putTarget({ params: { target: 'late' }, body: { spec: { kind: 'http', url } } })
    await push()
    expect(all).toEqual([])
  })

  it('writes a file of JSON lines in the data folder', async () => {
    await add('log', { kind: 'file' })
    await push()
    const lines = (await readFile(join(world.folder, 'lineage/default/log.jsonl'), 'utf8')).trim().split('\n')

    expect(lines.map((line) => (JSON.parse(line) as Received['body']).eventType ?? 'FACT')).toEqual(
      inOrder.map((word) => word.split(' ')[1]),
    )
  })
})

/** As if the pause were over. */
async function hurry(name: string): Promise<void> {
  await world.platform.db.updateTable('lineage.target').set({ next_try_at: null }).where('name', '=', name).execute()
}

describe('a file', () => {
  it('is rotated before it grows too large, and so many old ones are kept', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evenkeel-lines-'))
    const path = join(folder, 'x.jsonl')
    for (const line of ['one', 'two', 'three', 'four', 'five']) await appendLine(path, line, { bytes: 10, kept: 2 })

    expect((await readdir(folder)).toSorted()).toEqual(['x.jsonl', 'x.jsonl.1', 'x.jsonl.2'])
    expect(await readFile(path, 'utf8')).toBe('four\nfive\n')
    expect(await readFile(`${path}.1`, 'utf8')).toBe('three\n')
    expect(await readFile(`${path}.2`, 'utf8')).toBe('one\ntwo\n')
    await rm(folder, { recursive: true })
  })
})
