import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { artifact, endpoint, environmentOf, isServing, makeFolder, post, row, stateOf, until } from './testing-node.ts'
import { sum } from './testing-onnx.ts'
import { ControlPlane } from './testing.ts'

vi.setConfig({ testTimeout: 60_000 })
const main = fileURLToPath(new URL('main.ts', import.meta.url))

let plane: ControlPlane
let folder: string
let children: ChildProcess[]

beforeEach(async () => {
  plane = await ControlPlane.start()
  folder = await makeFolder()
  children = []
  plane.publish(stateOf(1, [endpoint('m')], [artifact(1, plane.store(sum(['x'], 1)))]))
})
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

/** A node as a process of its own; resolves with its URL when it serves. */
async function launch(): Promise<{ child: ChildProcess; url: string }> {
  const seen = plane.reports.length
  const env = { ...process.env, ...environmentOf(plane, folder), EVENKEEL_LOG_LEVEL: 'info' }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const url = await until('the node listens', () => /"url":"([^"]+)"/.exec(said)?.[1])
  await isServing(plane, 1)
  expect(seen).toBeLessThanOrEqual(plane.reports.length)
  return { child, url }
}

/** Sends predictions from many connections until the node dies; returns the ids that were acknowledged. */
async function askUntilItDies(url: string): Promise<Set<string>> {
  const acknowledged = new Set<string>()
  let next = 0
  const ask = async () => {
    for (;;) {
      const id = `id-${next++}`
      try {
        const response = await post(url, '/v2/models/m/infer', row({ x: 1 }, { id }))
        await response.text()
        if (response.ok) acknowledged.add(id)
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: 16 }, ask))
  return acknowledged
}

it('loses no acknowledged prediction when it is killed in the middle of writing', async () => {
  const first = await launch()
  plane.setAway(true)
  const asking = askUntilItDies(first.url)
  setTimeout(() => first.child.kill('SIGKILL'), 1500)
  const acknowledged = await asking
  expect(acknowledged.size).toBeGreaterThan(100)
  plane.setAway(false)

  await launch()
  const stored = () => new Set(plane.records().map(({ id }) => id))
  await until('everything is sent', () => [...acknowledged].every((id) => stored().has(id)))

  const ids = plane.records().map(({ id }) => id)
  expect(ids).toHaveLength(new Set(ids).size)
})

it('answers what it has begun, sends its records and ends by itself', async () => {
  const { child, url } = await launch()
  const asking = askUntilItDies(url)
  await new Promise((resolve) => setTimeout(resolve, 500))

  child.kill('SIGTERM')
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]

  expect({ code, signal }).toEqual({ code: 0, signal: null })
  const stored = new Set(plane.records().map(({ id }) => id))
  expect([...(await asking)].every((id) => stored.has(id))).toBe(true)
  expect(await readdir(join(folder, 'segments'))).toEqual([])
})

it('ends by itself and keeps its records when the control plane is away', async () => {
  const { child, url } = await launch()
  plane.setAway(true)
  await post(url, '/v2/models/m/infer', row({ x: 1 }, { id: 'kept' }))

  child.kill('SIGTERM')
  const [code] = (await once(child, 'exit')) as [number | null]

  expect(code).toBe(0)
  expect(await readdir(join(folder, 'segments'))).toHaveLength(1)
})

it.each([
  ['EVENKEEL_URL', 'nonsense', /EVENKEEL_URL/],
  ['EVENKEEL_INFERENCE_PORT', '70710', /EVENKEEL_INFERENCE_PORT/],
  ['EVENKEEL_NODE', '../x', /EVENKEEL_NODE: use letters/],
  ['EVENKEEL_INFERENCE_HOST', '0.0.0.0', /set EVENKEEL_INFERENCE_TOKEN/],
])('does not start with %s=%s, and says why', async (name, value, says) => {
  const env = { ...process.env, ...environmentOf(plane, folder), [name]: value }
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))

  const [code] = (await once(child, 'close')) as [number | null]

  expect(code).toBe(1)
  expect(said).toMatch(says)
  expect(said).not.toContain('    at ')
})
