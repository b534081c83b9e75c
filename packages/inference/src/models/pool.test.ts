import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { answerTo, artifact, endpoint, makeFolder, post, startTestNode, stateOf } from '../testing-node.ts'
import { slow } from '../testing-onnx.ts'
import { ControlPlane } from '../testing.ts'
import { createPoolScorer } from './pool.ts'
import type { Scorer } from './scorer.ts'

vi.setConfig({ testTimeout: 60_000 })

let folder: string
let modelPath: string
let scorer: Scorer | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evenkeel-pool-'))
  modelPath = join(folder, 'slow.onnx')
  await writeFile(modelPath, slow())
})
afterEach(async () => {
  await scorer?.close()
  scorer = undefined
})
afterAll(() => rm(folder, { recursive: true }))

/** Multiplying matrices of 1,500 x 1,500 takes some tenths of a second, of 2 x 2 nothing. */
const multiply = (size: number, deadlineMs = 30_000) => {
  const inputs = {
    size: { datatype: 'INT64', shape: [2], data: BigInt64Array.of(BigInt(size), BigInt(size)) },
  } as const
  return scorer!.run(inputs, ['product'], performance.now() + deadlineMs)
}

it('answers from child processes, several at a time', async () => {
  scorer = createPoolScorer({ modelPath, size: 2 })

  const answers = await Promise.all([2, 3, 4].map((size) => multiply(size)))

  expect(answers.map(({ product }) => product!.shape)).toEqual([
    [2, 2],
    [3, 3],
    [4, 4],
  ])
})

it('kills a run at its deadline, answers 504, and goes on', async () => {
  scorer = createPoolScorer({ modelPath, size: 1 })
  await multiply(2)
  const startedAt = performance.now()

  await expect(multiply(6000, 100)).rejects.toMatchObject({ status: 504 })

  // The run itself would take many seconds.
  expect(performance.now() - startedAt).toBeLessThan(5000)
  expect((await multiply(2))['product']!.shape).toEqual([2, 2])
})

it('does not run what is late before it begins', async () => {
  scorer = createPoolScorer({ modelPath, size: 1 })

  await expect(multiply(2, -1)).rejects.toMatchObject({ status: 504 })
})

it('rests after three deaths within a minute', async () => {
  scorer = createPoolScorer({ modelPath, size: 1 })
  await multiply(2)
  for (let i = 0; i < 3; i++) await expect(multiply(6000, 100)).rejects.toMatchObject({ status: 504 })

  expect(() => multiply(2)).toThrow(/died three times/)
})

it('passes on what the engine says', async () => {
  scorer = createPoolScorer({ modelPath, size: 1 })

  await expect(multiply(-2)).rejects.toThrow(/ConstantOfShape|shape|dimension/i)
})

it('finishes what was asked before it closes', async () => {
  const closing = createPoolScorer({ modelPath, size: 1 })
  scorer = closing
  const answers = Promise.all([300, 300].map((size) => multiply(size)))
  scorer = undefined

  await closing.close()

  expect(await answers).toHaveLength(2)
})

it('puts a model that is slow on its golden inputs into a pool, and answers others meanwhile', async () => {
  const plane = await ControlPlane.start()
  const golden = JSON.stringify({
    inputs: { size: { datatype: 'INT64', shape: [2], data: [300, 300] } },
    outputs: { product: { datatype: 'FP32', shape: [300, 300], data: Array(90_000).fill(0) } },
  })
  const slowArtifact = artifact(1, plane.store(slow()), { golden: plane.store(golden) })
  plane.publish(stateOf(1, [endpoint('m', { recording: { mode: 'fast', sampleShare: 1 } })], [slowArtifact]))
  const nodeFolder = await makeFolder()
  const node = await startTestNode(plane, nodeFolder)
  expect(await answerTo(plane, 1)).toMatchObject({ stage: 'serving' })
  const order: string[] = []

  const body = JSON.stringify({
    inputs: [{ name: 'size', datatype: 'INT64', shape: [2], data: [1500, 1500] }],
    parameters: { binary_data_output: true },
  })
  const long = post(node.url, '/v2/models/m/infer', body).then((response) => {
    order.push(`long ${response.status}`)
    return response.arrayBuffer()
  })
  await fetch(`${node.url}/v2/health/live`).then(() => order.push('live'))
  await long
  const config = (await (await fetch(`${node.url}/v2/models/m/config`)).json()) as {
    instance_group: { name: string }[]
  }

  expect(config.instance_group[0]!.name).toBe('pool')
  expect(order).toEqual(['live', 'long 200'])
  await node.stop()
  await plane.stop()
  await rm(nodeFolder, { recursive: true })
})
