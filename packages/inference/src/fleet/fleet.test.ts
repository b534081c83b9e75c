import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { InferenceNode } from '../node.ts'
import {
  answerTo,
  artifact,
  endpoint,
  isServing,
  makeFolder,
  post,
  row,
  startTestNode,
  stateOf,
  until,
} from '../testing-node.ts'
import { identity, onnxModel, sum } from '../testing-onnx.ts'
import { ControlPlane, digestOf } from '../testing.ts'

// Every model is tried in a process of its own, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

let plane: ControlPlane
let folder: string
let nodes: InferenceNode[]

beforeEach(async () => {
  plane = await ControlPlane.start()
  folder = await makeFolder()
  nodes = []
})
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.stop()))
  await plane.stop()
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<InferenceNode> {
  const node = await startTestNode(plane, folder)
  nodes.push(node)
  return node
}

/** Version n adds n to its input. */
const version = (n: number) => artifact(n, plane.store(sum(['x'], n)))
const served = (n: number) => endpoint('m', { arms: [{ arm: 'primary', version: n, weight: 10_000 }] })
const scoreAt = async (node: InferenceNode): Promise<unknown> => {
  const response = await post(node.url, '/v2/models/m/infer', row({ x: 0 }))
  const body = (await response.json()) as { outputs?: { data: number[] }[]; error?: string }
  return body.outputs?.[0]?.data[0] ?? body.error
}

it('is not ready before there is a state, and tells the stages of taking one', async () => {
  const node = await start()
  expect((await fetch(`${node.url}/readyz`)).status).toBe(503)
  expect((await fetch(`${node.url}/v2/health/ready`)).status).toBe(503)
  expect((await fetch(`${node.url}/v2/models/m`)).status).toBe(503)

  plane.publish(stateOf(1, [served(1)], [version(1)]))
  await isServing(plane, 1)

  expect(plane.acks.map(({ stage }) => stage)).toEqual(['received', 'loaded', 'serving'])
  expect(plane.acks.at(-1)).toMatchObject({
    node: 'n1',
    url: node.url,
    status: { generation: 1, loaded: [{ endpoint: 'm', version: 1 }] },
  })
  expect((await fetch(`${node.url}/readyz`)).status).toBe(200)
  expect(await scoreAt(node)).toBe(1)
})

it('switches without a failed request, and keeps the version before resident', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const node = await start()
  await isServing(plane, 1)

  const seen = new Set<unknown>()
  let going = true
  const asking = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (going) seen.add(await scoreAt(node))
    }),
  )
  plane.publish(stateOf(2, [served(2)], [version(1), version(2)]))
  await isServing(plane, 2)
  expect(await scoreAt(node)).toBe(2)
  going = false
  await asking

  expect([...seen].every((score) => score === 1 || score === 2)).toBe(true)
  const old = await post(node.url, '/v2/models/m/versions/1/infer', row({ x: 0 }))
  expect(await old.json()).toMatchObject({ model_version: '1', outputs: [{ data: [1] }] })
})

it('serves from disk at once when the control plane is away, records, and sends when it is back', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const first = await start()
  await isServing(plane, 1)
  await first.stop()
  plane.setAway(true)

  const second = await start()
  expect(await scoreAt(second)).toBe(1)
  expect(await scoreAt(second)).toBe(1)
  expect(plane.records()).toHaveLength(0)
  plane.setAway(false)

  await until('both records arrive', () => plane.records().length === 2)
})

it('serves the state before when the newest on disk is broken and nothing can be fetched', async () => {
  const [one, two] = [version(1), version(2)]
  plane.publish(stateOf(1, [served(1)], [one]))
  const first = await start()
  await isServing(plane, 1)
  plane.publish(stateOf(2, [served(2)], [two]))
  await isServing(plane, 2)
  await first.stop()
  await writeFile(join(folder, 'artifacts', two.digest.replace('sha256:', '')), 'rotten')
  plane.blobs.set(two.digest, Buffer.from('also rotten'))

  const second = await start()

  expect(await scoreAt(second)).toBe(1)
})

it('refuses a wrong signature and goes on as before', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const node = await start()
  await isServing(plane, 1)

  plane.publish(stateOf(2, [served(2)], [version(2)]), { signature: Buffer.alloc(64).toString('base64') })

  expect(await answerTo(plane, 2)).toMatchObject({
    stage: 'refused',
    reason: 'signature',
    detail: /signature of generation 2 is wrong/,
  })
  expect(await scoreAt(node)).toBe(1)
})

it('refuses a state that was changed after it was signed', async () => {
  const state = stateOf(1, [served(1)], [version(1)])
  plane.publish(state, { generation: 2 })
  await start()

  expect(await answerTo(plane, 2)).toMatchObject({ stage: 'refused', reason: 'signature' })
})

it('trusts the first key for ever: another one is refused, also after a restart, and reported', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const first = await start()
  await isServing(plane, 1)
  await first.stop()
  plane.changeKey()
  plane.publish(stateOf(2, [served(2)], [version(2)]))

  const second = await start()

  expect(await answerTo(plane, 2)).toMatchObject({
    reason: 'signature',
    detail: /trusts key-1.*delete .*trusted-key.json/,
  })
  await until('the problem is reported', () => plane.reports.at(-1)?.status.problem?.includes('signature'))
  expect(await scoreAt(second)).toBe(1)
})

it('never goes back to an older generation', async () => {
  plane.publish(stateOf(5, [served(2)], [version(2)]))
  const node = await start()
  await isServing(plane, 5)

  plane.publish(stateOf(4, [served(1)], [version(1)]))

  expect(await answerTo(plane, 4)).toMatchObject({ stage: 'refused', detail: /older than 5/ })
  expect(await scoreAt(node)).toBe(2)
})

it('refuses content that does not have its digest, and deletes it', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const node = await start()
  await isServing(plane, 1)
  const two = version(2)
  plane.blobs.set(two.digest, sum(['x'], 666))

  plane.publish(stateOf(2, [served(2)], [two]))

  expect(await answerTo(plane, 2)).toMatchObject({ stage: 'refused', reason: 'digest' })
  expect(await scoreAt(node)).toBe(1)
  expect(await readdir(join(folder, 'artifacts'))).not.toContain(two.digest.replace('sha256:', ''))
})

const golden = (x: number, score: number) =>
  JSON.stringify({
    inputs: { x: { datatype: 'FP32', shape: [1, 1], data: [x] } },
    outputs: { score: { datatype: 'FP32', shape: [1, 1], data: [score] } },
    tolerance: { absolute: 1e-6, relative: 1e-5 },
  })

it('takes a model that gives its golden outputs, and tells their hash', async () => {
  plane.publish(stateOf(1, [served(2)], [{ ...version(2), golden: plane.store(golden(0.5, 2.5)) }]))
  await start()
  await isServing(plane, 1)

  const bits = Buffer.from(Float32Array.of(2.5).buffer)
  const hash = digestOf(Buffer.concat([Buffer.from('score\0'), bits])).replace('sha256:', '')
  expect(plane.acks.at(-1)!.status!.loaded[0]).toMatchObject({ selfTestHash: hash })
})

it('keeps the old version when the golden outputs of the new one differ', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const node = await start()
  await isServing(plane, 1)

  plane.publish(stateOf(2, [served(2)], [version(1), { ...version(2), golden: plane.store(golden(0.5, 2.6)) }]))

  expect(await answerTo(plane, 2)).toMatchObject({
    reason: 'selftest',
    detail: /"score" is 2.5 at element 0; expected was 2.5999/,
  })
  expect(await scoreAt(node)).toBe(1)
})

it.each([
  ['what is no model', Buffer.from('not a model'), 'load', /protobuf parsing failed/i],
  ['an FP16 input', identity('float16'), 'unsupported', /FP16/],
  [
    'a model that only fails when it runs',
    onnxModel({
      inputs: [{ name: 'x', type: 'float32', shape: ['N', 'K'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['N', 'M'] }],
      nodes: [{ operator: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
      constants: { w: { shape: [3, 2], data: new Float32Array(6) } },
    }),
    'selftest',
    /MatMul|dimension/,
  ],
])('refuses %s', async (_, bytes, reason, detail) => {
  plane.publish(stateOf(1, [served(1)], [artifact(1, plane.store(bytes))]))
  await start()

  expect(await answerTo(plane, 1)).toMatchObject({ stage: 'refused', reason, detail: expect.stringMatching(detail) })
})

it.each([
  [
    'an arm whose artifact is missing',
    endpoint('m', { arms: [{ arm: 'primary', version: 9, weight: 10_000 }] }),
    /version 9 is not listed/,
  ],
  ['no weight at all', endpoint('m', { arms: [{ arm: 'primary', version: 1, weight: 0 }] }), /No arm/],
  ['the name of the statistics', endpoint('stats'), /stats/],
])('refuses a state with %s', async (_, spec, detail) => {
  plane.publish(stateOf(1, [spec], [version(1)]))
  await start()

  expect(await answerTo(plane, 1)).toMatchObject({ reason: 'unsupported', detail: expect.stringMatching(detail) })
})

it('never fetches from another origin', async () => {
  const other = await ControlPlane.start()
  const digest = other.store(sum(['x'], 1))
  plane.publish(stateOf(1, [served(1)], [artifact(1, digest, { path: `${other.url}/api/v1/artifacts/${digest}` })]))
  await start()

  expect(await answerTo(plane, 1)).toMatchObject({ reason: 'load', detail: /leads away/ })
  await other.stop()
})

it('deletes artifacts that neither the state nor the one before needs', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  await start()
  for (const generation of [1, 2, 3]) {
    plane.publish(stateOf(generation, [served(generation)], [version(generation)]))
    await isServing(plane, generation)
  }

  const kept = [2, 3].map((n) => version(n).digest.replace('sha256:', '')).toSorted()
  await expect.poll(async () => (await readdir(join(folder, 'artifacts'))).toSorted()).toEqual(kept)
})

it('says again that it serves when it meets the same generation after a break', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  await start()
  await isServing(plane, 1)
  plane.acks.length = 0

  plane.setAway(true)
  plane.setAway(false)

  await until('the acknowledgement', () => plane.acks.some(({ stage }) => stage === 'serving'))
  expect(plane.acks.map(({ stage }) => stage)).toEqual(['serving'])
})

it('reports each second what it counted', async () => {
  plane.publish(stateOf(1, [served(1)], [version(1)]))
  const node = await start()
  await isServing(plane, 1)
  await scoreAt(node)
  await post(node.url, '/v2/models/m/infer', '{"broken":')

  const arms = await until('the report', () => plane.reports.at(-1)?.arms.find(({ requests }) => requests === 1))
  expect(arms).toMatchObject({ endpoint: 'm', arm: 'primary', version: 1, errors: 0 })
  expect(arms.latency.counts).toHaveLength(arms.latency.edgesMs.length + 1)
  expect(arms.latency.counts.reduce((a, b) => a + b)).toBe(1)
})
