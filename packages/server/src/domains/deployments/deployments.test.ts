import { describe, expect, it } from 'vitest'
import { momentsWith } from './judge/testing.ts'
import { keepArtifact, lockEndpoint, startRollout } from './start-rollout.ts'
import { startNode, versionOf, waitFor } from './testing.ts'
import {
  arms,
  at,
  environment,
  good,
  haveCanary,
  haveServing,
  name,
  node,
  primary,
  read,
  serve,
  testCount,
  useStage,
} from './testing-stage.ts'

useStage()

describe('an endpoint', () => {
  it('reads as it was written, and serves nobody yet', async () => {
    const written = await at.haveEndpoint(name, { environment, description: 'Late?', featureViews: ['origin_recent'] })

    expect(written).toMatchObject({ name, environment, version: null, arms: [], rollout: null, description: 'Late?' })
    expect(await read()).toMatchObject({ createdAt: written.createdAt, featureViews: ['origin_recent'] })
    expect((await at.client.list({ query: {} })).items.map((endpoint) => endpoint.name)).toContain(name)
  })

  it('is listed by name, page by page, and found by a part of its name or by its model', async () => {
    for (const suffix of ['b', 'a', 'c']) await at.haveEndpoint(`${name}-${suffix}`, { environment, model: name })
    const list = async (query: Parameters<typeof at.client.list>[0]['query']) => {
      const { items, nextCursor } = await at.client.list({ query })
      return [items.map((endpoint) => endpoint.name.slice(name.length)), nextCursor] as const
    }

    const first = await list({ model: name, limit: 2 })

    expect(first).toEqual([['-a', '-b'], expect.any(String)])
    expect(await list({ model: name, limit: 2, cursor: first[1]! })).toEqual([['-c'], null])
    expect(await list({ text: `${name.toUpperCase()}-a` })).toEqual([['-a'], null])
    expect(await list({ model: name, text: '%' })).toEqual([[], null])
  })

  it('keeps its model once it serves', async () => {
    await haveServing()

    await expect(at.haveEndpoint(name, { environment, model: 'other' })).rejects.toMatchObject({
      code: 'deployments.endpoint_in_use',
    })
    expect((await read()).model).toBe(name)
  })

  it('that does not exist is not found', async () => {
    await expect(at.client.get({ params: { endpoint: 'nowhere' } })).rejects.toMatchObject({
      status: 404,
      code: 'deployments.endpoint_not_found',
    })
  })
})

describe('the first version', () => {
  it('takes all traffic when the nodes hold it', async () => {
    await at.haveEndpoint(name, { environment })

    const { id } = await at.deploy(name, 1)

    const rollout = await at.until(id, 'succeeded')
    expect(rollout.history.map(({ state }) => state)).toEqual([
      'awaiting_approval',
      'loading',
      'promoting',
      'succeeded',
    ])
    expect(await read()).toMatchObject({ version: 1, previousVersion: null, arms: primary(1), rollout: null })
  })

  it('waits in words while no node lives', async () => {
    const empty = `${environment}-empty`
    await at.haveEndpoint(name, { environment: empty })

    const rollout = await at.deploy(name, 1)

    expect(rollout).toMatchObject({ state: 'loading' })
    expect(rollout.says).toContain(`no live node in ${empty}`)
  })

  it('is refused unless it passed its gate', async () => {
    at.haveVersion(name, 9, 'refused')
    await at.haveEndpoint(name, { environment })

    await expect(at.deploy(name, 9)).rejects.toMatchObject({ status: 409, code: 'deployments.not_passed' })
    expect((await at.client.listRollouts({ params: { endpoint: name }, query: {} })).items).toEqual([])
  })
})

describe('a canary', () => {
  it('gets its share beside a fresh baseline, and both are scored on every prediction', async () => {
    const id = await haveCanary()

    expect(await arms()).toEqual([
      { arm: 'primary', version: 1, weight: 80 },
      { arm: 'canary', version: 2, weight: 10 },
      { arm: 'baseline', version: 1, weight: 10 },
    ])
    await waitFor(async () => node.states.at(-1)!.endpoints[0]!.rolloutId !== null)
    expect(node.states.at(-1)!.endpoints[0]).toMatchObject({
      salt: id,
      rolloutId: id,
      paired: { candidate: 2, champion: 1, share: 1 },
    })
  })

  it('goes step by step to all traffic when every check passes', async () => {
    const id = await haveCanary({ steps: [5, 50] })

    await serve([400, 0], [400, 0], good)
    expect(await at.read(id)).toMatchObject({ state: 'canary', stepIndex: 1, canaryWeight: 50 })
    await serve([500, 0], [500, 0], good)
    expect((await at.read(id)).says).toContain('100 of at least 300')
    await serve([800, 0], [800, 0], good)

    const rollout = await at.until(id, 'succeeded')
    expect(rollout).toMatchObject({ requestCount: 800, failedRequestCount: 0, canaryWeight: 100 })
    expect(rollout.eventTimeEnd).toBe('2001-04-08T00:00:00.000Z')
    expect(rollout.says).toContain('v2 serves all traffic: errors not worse')
    expect(await read()).toMatchObject({ version: 2, previousVersion: 1, arms: primary(2) })
  })

  it('waits, and says for how much, while nothing is sure', async () => {
    const id = await haveCanary()

    await serve([100, 0], [100, 0], { paired: momentsWith(200, 0, 0.1) })

    const { state, says, analysis } = await at.read(id)
    expect(state).toBe('canary')
    expect(says).toMatch(/quality: not enough data yet: 200 of about [\d,]+ labelled predictions/)
    expect(analysis.map((check) => check.name)).toEqual(['errors', 'latency', 'quality', 'scores', 'split'])
  })

  it('that is worse gives all traffic back in one generation, and stays on the nodes for diagnosis', async () => {
    const id = await haveCanary()
    const before = (await read()).generation

    await serve([400, 60], [400, 2], good)

    const rollout = await at.until(id, 'rolled_back')
    expect(rollout.says).toContain('errors worse: 15 % of 400 requests failed')
    expect(rollout.failedRequestCount).toBe(60)
    expect(await read()).toMatchObject({ version: 1, arms: primary(1) })
    const after = node.states.at(-1)!
    expect(after.generation).toBe(before + 1)
    expect(after.artifacts.map(({ version }) => version)).toEqual([1, 2])
  })

  it('that stays undecided is paused for a person, and good news does not move it', async () => {
    const id = await haveCanary()
    const long = { eventTimeMax: '2001-04-23T00:00:00.000Z' }

    await serve([100, 0], [100, 0], long)
    expect(await at.read(id)).toMatchObject({ state: 'paused', canaryWeight: 10 })
    await serve([900, 0], [900, 0], { ...good, ...long })

    expect((await at.read(id)).state).toBe('paused')
    await at.client.promote({ params: { rollout: id }, body: { reason: 'looked at it' } })
    expect((await at.until(id, 'succeeded')).history.at(-2)).toMatchObject({ by: 'local', says: 'local: looked at it' })
  })

  it('that is paused and turns out worse still goes back', async () => {
    const id = await haveCanary()
    await serve([100, 0], [100, 0], { eventTimeMax: '2001-04-23T00:00:00.000Z' })

    await serve([400, 60], [400, 2])

    const { history } = await at.until(id, 'rolled_back')
    expect(history.map(({ state }) => state).slice(-3)).toEqual(['paused', 'rolling_back', 'rolled_back'])
  })

  it('is judged the same by ten processes at once as by one', async () => {
    const id = await haveCanary()
    await serve([100, 3], [100, 3])
    const before = (await at.read(id)).analysis

    await Promise.all(Array.from({ length: 10 }, () => at.world.runJob('deployments.advance')))

    expect((await at.read(id)).analysis.map(({ evidence }) => evidence)).toEqual(before.map(({ evidence }) => evidence))
    expect((await at.read(id)).history).toHaveLength(3)
  })
})

it('a rollout goes on where a server died right after writing it down', async () => {
  await haveServing()
  const { db } = at.world.platform
  const { id } = await db.transaction().execute(async (tx) => {
    const endpoint = await lockEndpoint(tx, { projectId: 'default', endpoint: name })
    await keepArtifact(tx, 'default', versionOf(name, 2, 'passed'))
    const approval = { id: `self-${testCount}`, state: 'approved' } as const
    const plan = { ...endpoint.plan, steps: [] }
    const start = { toVersion: 2, plan, startedBy: 'ana', says: 'deployed', now: new Date(), eventTime: null, approval }
    return startRollout(tx, endpoint, start)
  })
  expect((await at.read(id)).state).toBe('awaiting_approval')

  await at.world.runJob('deployments.advance')

  await at.until(id, 'succeeded')
  expect(await arms()).toEqual(primary(2))
})

describe('nodes', () => {
  it('are all waited for, by name', async () => {
    const slow = startNode(at.world, `slow-${testCount}`, environment)
    slow.control.behaviour = 'stays silent'
    await at.haveEndpoint(name, { environment })
    await waitFor(async () => slow.states.length > 0)

    const { id } = await at.deploy(name, 1)
    await waitFor(async () => (await at.read(id)).says === `waits for slow-${testCount} to load v1`)
    await slow.comeTo('serves')

    expect(await at.until(id, 'succeeded')).toMatchObject({ toVersion: 1 })
    await slow.stop()
  })

  it('that are gone are not waited for', async () => {
    const gone = startNode(at.world, `gone-${testCount}`, environment)
    gone.control.behaviour = 'stays silent'
    await at.haveEndpoint(name, { environment })
    await waitFor(async () => gone.states.length > 0)
    await gone.stop()
    const { id } = await at.deploy(name, 1)
    await waitFor(async () => (await at.read(id)).says.startsWith('waits for gone'))

    at.others.clockOffsetMs += 11_000
    await node.report([])
    await at.world.runJob('deployments.advance')

    expect(await at.until(id, 'succeeded')).toMatchObject({ toVersion: 1 })
    at.others.clockOffsetMs = 0
  })

  it('that refuse a version fail the rollout, and everything is as before', async () => {
    await haveServing()
    node.control.behaviour = 'refuses'

    const { id } = await at.deploy(name, 2)

    const rollout = await at.until(id, 'failed')
    expect(rollout.says).toBe(`node-${testCount} refused v2: selftest: row 3 differs by 0.2`)
    expect(await read()).toMatchObject({ version: 1, arms: primary(1) })
    await waitFor(async () => node.states.at(-1)!.artifacts.length === 1)
    expect(node.states.at(-1)!.artifacts).toMatchObject([{ version: 1 }])
  })

  it('that refuse at the last moment send the traffic back', async () => {
    await haveServing()
    node.control.behaviour = 'only loads'
    const { id } = await at.deploy(name, 2, { steps: [] })
    await at.until(id, 'promoting')
    await waitFor(async () => node.states.at(-1)!.endpoints[0]!.arms[0]!.version === 2)

    await node.acknowledge(node.states.at(-1)!.generation, 'refused')
    node.control.behaviour = 'serves'

    await at.until(id, 'rolling_back')
    await waitFor(async () => node.states.at(-1)!.endpoints[0]!.arms[0]!.version === 1)
    await node.comeTo('serves')
    await at.until(id, 'rolled_back')
    expect(await arms()).toEqual(primary(1))
  })
})
