import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { momentsWith, noEvidence } from './judge/testing.ts'
import { startDeployments, startNode, type TestDeployments } from './testing.ts'

/** One server for each test file that calls `useStage`; ready when its first test starts. */
export let at: TestDeployments
/** One endpoint, and one environment with one node, for each test. */
export let name: string
export let environment: string
export let node: ReturnType<typeof startNode>
export let testCount = 0

/** Every file that stands on this stage calls it first: the hooks belong to the file, not to what it imports. */
export function useStage(): void {
  beforeAll(async () => {
    at = await startDeployments()
  }, 60_000)
  afterAll(() => at.stop())
  beforeEach(() => {
    testCount++
    name = `flights-${testCount}`
    environment = `staging-${testCount}`
    node = startNode(at.world, `node-${testCount}`, environment)
    at.others.evidence = noEvidence
    at.others.eventTime = null
    for (const version of [1, 2, 3, 4]) at.haveVersion(name, version)
  })
  afterEach(() => node.stop())
}

export const read = () => at.client.get({ params: { endpoint: name } })
export const arms = async () => (await read()).arms
export const primary = (version: number) => [{ arm: 'primary', version, weight: 100 }]

/** The endpoint, with version 1 serving. */
export async function haveServing(body: Parameters<TestDeployments['haveEndpoint']>[1] = {}): Promise<void> {
  await at.haveEndpoint(name, { environment, ...body })
  const { id } = await at.deploy(name, 1)
  await at.until(id, 'succeeded')
}

/** The endpoint, with version 1 serving and version 2 as its canary. */
export async function haveCanary(plan: Parameters<TestDeployments['deploy']>[2] = {}): Promise<string> {
  await haveServing()
  const { id } = await at.deploy(name, 2, plan)
  await at.until(id, 'canary')
  return id
}

/** Requests on both arms of the comparison, and as many recorded predictions, which nobody has looked at. */
export async function answer(canary: [number, number], baseline: [number, number], evidence = {}): Promise<void> {
  at.others.evidence = {
    ...noEvidence,
    units: { primary: 0, canary: canary[0], baseline: baseline[0] },
    eventTimeMin: '2001-04-01T00:00:00.000Z',
    eventTimeMax: '2001-04-08T00:00:00.000Z',
    ...evidence,
  }
  await node.report([
    { endpoint: name, arm: 'canary', version: 2, requests: canary[0], errors: canary[1] },
    { endpoint: name, arm: 'baseline', version: 1, requests: baseline[0], errors: baseline[1] },
  ])
}

/** The same, and a look at them. */
export async function serve(...answered: Parameters<typeof answer>): Promise<void> {
  await answer(...answered)
  await at.world.runJob('deployments.advance')
}

export const good = { paired: momentsWith(2000, -0.01, 0.1) }
