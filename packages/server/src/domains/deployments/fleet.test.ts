import { createClient } from '@evenkeel/client'
import { canonicalJson, type DesiredState, fleet } from '@evenkeel/contract'
import { verify } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf, startDeployments, startNode, type TestDeployments, waitFor } from './testing.ts'

let at: TestDeployments
let name: string
let environment: string
let node: ReturnType<typeof startNode>
let testCount = 0

beforeAll(async () => {
  at = await startDeployments()
}, 60_000)
afterAll(() => at.stop())
beforeEach(async () => {
  testCount++
  name = `flights-${testCount}`
  environment = `staging-${testCount}`
  node = startNode(at.world, `node-${testCount}`, environment)
  at.haveVersion(name, 1)
  at.haveVersion(name, 2)
})
afterEach(() => node.stop())

async function haveServing(): Promise<void> {
  await at.haveEndpoint(name, { environment })
  const { id } = await at.deploy(name, 1)
  await at.until(id, 'succeeded')
}

describe('the desired state', () => {
  it('comes at once, also where nothing is to be served yet', async () => {
    await waitFor(async () => node.states.length === 1)

    expect(node.states[0]).toMatchObject({ environment, endpoints: [], artifacts: [] })
  })

  it('tells a node all that it has to hold and to answer', async () => {
    await haveServing()
    await waitFor(async () => node.states.at(-1)!.endpoints.length === 1)

    const { endpoints, artifacts } = node.states.at(-1)!
    expect(endpoints).toMatchObject([
      {
        name,
        model: name,
        recording: { mode: 'durable', sampleShare: 1 },
        arms: [{ arm: 'primary', version: 1, weight: 10_000 }],
        paired: null,
        rolloutId: null,
      },
    ])
    const digest = digestOf(1)
    expect(artifacts).toEqual([
      { model: name, version: 1, digest, sizeBytes: 1001, golden: null, path: `/api/v1/artifacts/${digest}` },
    ])
  })

  it('keeps the version served before for a roll-back', async () => {
    await haveServing()
    const { id } = await at.deploy(name, 2, { steps: [] })
    await at.until(id, 'succeeded')

    expect(node.states.at(-1)!.artifacts.map(({ version }) => version)).toEqual([1, 2])
  })

  it('only rises in generation, and carries a signature of the public key over everything else', async () => {
    await haveServing()
    await at.haveEndpoint(name, { environment, recording: { mode: 'fast' } })
    await waitFor(async () => node.states.at(-1)!.endpoints[0]?.recording.mode === 'fast')

    const { publicKeyPem, keyId } = await createClient(fleet, at.world.clientOptions()).publicKey()
    const generations = node.states.map(({ generation }) => generation)
    expect(generations).toEqual(generations.toSorted((a, b) => a - b))
    expect(new Set(generations).size).toBe(generations.length)
    for (const { signature, ...signed } of node.states) {
      expect(signed.keyId).toBe(keyId)
      expect(isSigned(signed, signature, publicKeyPem)).toBe(true)
      expect(isSigned({ ...signed, generation: signed.generation + 1 }, signature, publicKeyPem)).toBe(false)
    }
  })

  const isSigned = (signed: Omit<DesiredState, 'signature'>, signature: string, publicKey: string) =>
    verify(null, Buffer.from(canonicalJson(signed)), publicKey, Buffer.from(signature, 'base64'))

  it('is pushed to a node that follows within a few milliseconds of the commit', async () => {
    await haveServing()
    const delaysMs: number[] = []
    for (let i = 0; i < 10; i++) {
      const before = node.states.length
      await at.haveEndpoint(name, { environment, description: `${i}` })
      const committedAt = performance.now()
      await waitFor(async () => node.states.length > before)
      delaysMs.push(performance.now() - committedAt)
    }

    // 10 ms on a quiet machine, most of it the clock of the test; a node that asks by itself does so every few seconds.
    expect(delaysMs.toSorted((a, b) => a - b)[5]).toBeLessThan(250)
  })

  it('reaches a node that was away, in one piece', async () => {
    await node.stop()
    await at.haveEndpoint(name, { environment })
    const { id } = await at.deploy(name, 1)

    node = startNode(at.world, `node-${testCount}`, environment)

    await at.until(id, 'succeeded')
    expect(node.states[0]!.artifacts).toMatchObject([{ version: 1 }])
  })
})

describe('reports', () => {
  const traffic = async () => (await at.client.traffic({ params: { endpoint: name } })).items
  const read = () => at.client.get({ params: { endpoint: name } })
  const primary = (requests: number, errors = 0) => [
    { endpoint: name, arm: 'primary', version: 1, requests, errors, durationMs: 2 } as const,
  ]

  it('add up over nodes, and count nothing twice', async () => {
    const other = startNode(at.world, `other-${testCount}`, environment)
    await haveServing()

    await node.report(primary(100, 1))
    await node.report(primary(100, 1))
    await node.report(primary(150, 2))
    await other.report(primary(40))

    const seen = await read()
    expect(seen.traffic).toMatchObject({ requests: 190, errors: 2, requestsPerSecond: 38 })
    expect(seen.traffic.p50Ms).toBeCloseTo(1.75, 9)
    expect((await traffic()).reduce((sum, point) => sum + point.requests, 0)).toBe(190)
    await other.stop()
  })

  it('go on from zero when a node process started anew', async () => {
    await haveServing()

    await node.report(primary(100))
    await node.report(primary(30), { bootId: 'second' })

    expect((await read()).traffic.requests).toBe(130)
  })

  it('of ten nodes at once are all taken', async () => {
    await haveServing()
    const nodes = Array.from({ length: 10 }, (_, i) => startNode(at.world, `many-${testCount}-${i}`, environment))

    await Promise.all(
      nodes.map((one) =>
        one.report([...primary(10), { endpoint: name, arm: 'canary', version: 2, requests: 3 } as const].toReversed()),
      ),
    )

    expect((await read()).traffic.requests).toBe(130)
    await Promise.all(nodes.map((one) => one.stop()))
  })

  it('show who lives, where it listens and what it holds', async () => {
    await haveServing()
    await node.report([])

    expect(await read()).toMatchObject({
      url: `http://node-${testCount}`,
      nodes: [{ node: `node-${testCount}`, live: true, environments: [environment], memoryBytes: 1e8 }],
    })
    at.others.clockOffsetMs = 11_000
    expect(await read()).toMatchObject({ url: null, nodes: [{ live: false }] })
    at.others.clockOffsetMs = 0
  })

  it('with broken histograms are refused as a whole', async () => {
    await haveServing()
    const client = createClient(fleet, at.world.clientOptions())
    const status = (await read()).nodes[0]!
    const latency = { edgesMs: [1, 2], counts: [1, 2] }
    const broken = { endpoint: name, arm: 'primary', version: 1, requests: 3, errors: 0, latency } as const

    await expect(
      client.report({ body: { node: status.node, bootId: 'b', url: '', status, arms: [broken] } }),
    ).rejects.toMatchObject({ status: 400 })
    expect((await read()).traffic.requests).toBe(0)
  })

  it('become minutes after a quarter of an hour, without losing a request, and are gone after a day', async () => {
    await haveServing()
    const total = async () => (await traffic()).reduce((sum, point) => sum + point.requests, 0)
    for (let i = 1; i <= 5; i++) {
      at.others.clockOffsetMs = i * 1000 - 20 * 60_000
      await node.report(primary(i * 10))
    }
    at.others.clockOffsetMs = 0
    const points = (await traffic()).length

    await at.world.runJob('deployments.tidy')
    await at.world.runJob('deployments.tidy')

    expect(await total()).toBe(50)
    expect((await traffic()).length).toBeLessThan(points)
    at.others.clockOffsetMs = 86_400_000
    await at.world.runJob('deployments.tidy')
    expect(await total()).toBe(0)
    expect((await read()).nodes).toEqual([])
    at.others.clockOffsetMs = 0
  })
})
