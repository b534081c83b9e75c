import { governanceEvents, registryEvents } from '@evenkeel/contract'
import { describe, expect, it } from 'vitest'
import { publish } from '../../platform/events.ts'
import { waitFor } from './testing.ts'
import {
  arms,
  at,
  environment,
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

describe('approval', () => {
  const production = () => `production-${testCount}`
  const decide = async (approvalId: string, approved: boolean) => {
    await at.world.platform.db.transaction().execute((tx) =>
      publish(tx, governanceEvents, 'governance.approval_decided', {
        projectId: 'default',
        subject: approvalId,
        approvalId,
        model: name,
        version: 1,
        environment: production(),
        approved,
      }),
    )
    await at.world.settle()
  }

  it('is waited for, with what the gate said as evidence', async () => {
    await at.haveEndpoint(name, { environment: production() })

    const rollout = await at.deploy(name, 1)

    expect(rollout).toMatchObject({ state: 'awaiting_approval', approvalId: expect.any(String) })
    expect(at.asked.at(-1)).toMatchObject({
      requestedBy: 'local',
      evidence: ['AUC 0.7339 beats the champion.', 'auc: AUC 0.7339 is at least 0.6'],
    })
    await decide(rollout.approvalId!, true)
    expect((await at.read(rollout.id)).state).toBe('loading')
  })

  it('that is not given declines the rollout, and a late word changes nothing', async () => {
    await at.haveEndpoint(name, { environment: production() })
    const { id, approvalId } = await at.deploy(name, 1)

    await decide(approvalId!, false)
    await decide(approvalId!, true)

    expect(await at.read(id)).toMatchObject({ state: 'declined', says: 'the approval was not given' })
  })
})

describe('a person', () => {
  it('promotes a canary against the odds, and the audit keeps the numbers that were on the screen', async () => {
    const id = await haveCanary()
    await serve([100, 1], [100, 1])

    await at.client.promote({ params: { rollout: id }, body: { reason: 'the labels are late' } })

    await at.until(id, 'succeeded')
    const entry = await lastAudit('deployments.promote')
    expect(entry).toMatchObject({ actor: 'local', subject: name, reason: 'the labels are late' })
    expect(entry?.before).toMatchObject({
      state: 'canary',
      analysis: [{ name: 'errors', unitCount: 100 }, {}, {}, {}, {}],
    })
  })

  it('aborts a canary', async () => {
    const id = await haveCanary()

    await at.client.abort({ params: { rollout: id }, body: { reason: 'wrong version' } })

    expect((await at.until(id, 'rolled_back')).says).toBe('local: wrong version')
    expect(await arms()).toEqual(primary(1))
    expect(await lastAudit('deployments.abort')).toMatchObject({ reason: 'wrong version' })
  })

  it.each(['promote', 'abort'] as const)('cannot %s what is over', async (action) => {
    await haveServing()
    const { items } = await at.client.listRollouts({ params: { endpoint: name }, query: {} })
    const { id } = items[0]!

    const refusal = at.client[action]({ params: { rollout: id }, body: { reason: 'too late' } })

    await expect(refusal).rejects.toMatchObject({ code: 'deployments.wrong_state', details: { state: 'succeeded' } })
    expect((await at.read(id)).history).toHaveLength(4)
  })

  it('goes back to the version served before at once, without asking again', async () => {
    await haveServing()
    const { id } = await at.deploy(name, 2, { steps: [] })
    await at.until(id, 'succeeded')
    const asked = at.asked.length

    const back = await at.client.rollback({ params: { endpoint: name }, body: { reason: 'complaints' } })

    await at.until(back.id, 'succeeded')
    expect(await read()).toMatchObject({ version: 1, previousVersion: 2, arms: primary(1) })
    expect(at.asked).toHaveLength(asked)
  })

  it('ends a canary by a roll-back', async () => {
    const id = await haveCanary()

    const back = await at.client
      .rollback({ params: { endpoint: name }, body: { reason: 'no' } })
      .catch((e: unknown) => e)
    expect(back).toMatchObject({ status: 400 })
    await at.client.rollback({ params: { endpoint: name }, body: { reason: 'complaints' } })

    await at.until(id, 'rolled_back')
    expect(await arms()).toEqual(primary(1))
  })

  it('cannot go back to what was never served', async () => {
    await haveServing()

    for (const version of [undefined, 1, 3]) {
      const body = { reason: 'complaints', ...(version && { version }) }
      await expect(at.client.rollback({ params: { endpoint: name }, body })).rejects.toMatchObject({
        code: 'deployments.nothing_to_roll_back',
      })
    }
    expect(await arms()).toEqual(primary(1))
  })

  it('is refused a second rollout while one runs, also of ten at once', async () => {
    await haveServing()
    node.control.behaviour = 'stays silent'

    const results = await Promise.allSettled(Array.from({ length: 10 }, () => at.deploy(name, 2)))

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    const refused = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
    for (const error of refused) expect(error).toMatchObject({ code: 'deployments.rollout_running' })
  })

  const lastAudit = (action: string) =>
    at.world.platform.db
      .selectFrom('platform.audit_entry')
      .selectAll()
      .where('action', '=', action)
      .orderBy('position', 'desc')
      .executeTakeFirst()
})

describe('by itself', () => {
  const gateDecided = async (version: number, passed = true) => {
    const event = { projectId: 'default', subject: `${name}@${version}`, model: name, version, passed }
    await at.world.platform.db
      .transaction()
      .execute((tx) => publish(tx, registryEvents, 'registry.gate_decided', event))
    await at.world.settle()
  }
  const rollouts = async () =>
    (await at.client.listRollouts({ params: { endpoint: name }, query: {} })).items.toReversed()

  it('an endpoint deploys what passed its gate, and nothing else', async () => {
    await at.haveEndpoint(name, { environment, autoDeploy: true })

    await gateDecided(1, false)
    expect(await rollouts()).toEqual([])
    await gateDecided(1)

    expect(await rollouts()).toMatchObject([{ toVersion: 1, startedBy: 'system' }])
    expect((await rollouts())[0]!.history[0]!.says).toBe('gate passed')
  })

  it('the newest that passed meanwhile follows when the running rollout ends', async () => {
    await haveServing({ autoDeploy: true })
    await gateDecided(2)
    await gateDecided(3)
    await gateDecided(4)
    const [, running] = await rollouts()
    expect((await rollouts()).map(({ toVersion }) => toVersion)).toEqual([1, 2])

    await at.client.abort({ params: { rollout: running!.id }, body: { reason: 'wrong version' } })
    await at.until(running!.id, 'rolled_back')
    await at.world.settle()

    expect((await rollouts()).map(({ toVersion }) => toVersion)).toEqual([1, 2, 4])
  })

  it('old news does not deploy an old version again', async () => {
    await haveServing({ autoDeploy: true })

    await gateDecided(1)

    expect(await rollouts()).toHaveLength(1)
  })

  it('an endpoint that does not follow its model stays as it is', async () => {
    await haveServing()

    await gateDecided(2)

    expect(await rollouts()).toHaveLength(1)
  })
})

describe('for other domains', () => {
  it('rollouts are found by their event time, and while they run', async () => {
    at.others.eventTime = '2001-03-01T00:00:00.000Z'
    const id = await haveCanary()
    await serve([100, 0], [100, 0])
    expect(await at.deployments.rolloutRunning('default', name)).toBe(id)

    await at.client.abort({ params: { rollout: id }, body: { reason: 'wrong version' } })
    await at.until(id, 'rolled_back')

    const between = (from: string, until: string) => at.deployments.rolloutsBetween('default', name, from, until)
    expect(await at.deployments.rolloutRunning('default', name)).toBeNull()
    expect(await between('2001-04-08T00:00:00.000Z', '2001-05-01T00:00:00.000Z')).toMatchObject([{ id }])
    expect(await between('2001-02-01T00:00:00.000Z', '2001-03-01T00:00:00.000Z')).toEqual([])
    expect(await between('2001-04-09T00:00:00.000Z', '2001-05-01T00:00:00.000Z')).toEqual([])
  })

  it('live nodes that follow a feature view are named', async () => {
    await at.haveEndpoint(name, { environment, featureViews: [`view-${testCount}`] })
    await waitFor(async () => node.states.length > 0)

    expect(await at.deployments.nodesFollowing('default', `view-${testCount}`)).toEqual([`node-${testCount}`])
    expect(await at.deployments.nodesFollowing('default', 'other')).toEqual([])
  })

  it('pages of rollouts reach every one, newest first', async () => {
    await haveServing()
    const { id } = await at.deploy(name, 2, { steps: [] })
    await at.until(id, 'succeeded')
    const params = { endpoint: name }

    const first = await at.client.listRollouts({ params, query: { limit: 1 } })
    const second = await at.client.listRollouts({ params, query: { limit: 1, cursor: first.nextCursor! } })

    expect([...first.items, ...second.items].map(({ toVersion }) => toVersion)).toEqual([2, 1])
    expect(second.nextCursor).toBeNull()
    await expect(at.client.listRollouts({ params, query: { cursor: 'x' } })).rejects.toMatchObject({ status: 400 })
  })
})
