import { createClient } from '@evenkeel/client'
import { type PipelineSpec, releases } from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { localCaller } from '../../../../platform/auth.ts'
import { createPipelines } from '../../service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../../testing.ts'

let world: PipelinesWorld
let people: Record<'ana' | 'ben' | 'cem', Awaited<ReturnType<typeof as>>>
beforeAll(async () => {
  world = await startPipelinesWorld()
  people = { ana: await as('ana'), ben: await as('ben'), cem: await as('cem') }
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  world.outside.clock = null
})

async function as(name: string) {
  await world.projects.createUser(localCaller, { name, roles: ['data_scientist', 'approver'] })
  const { token } = await world.projects.createToken(localCaller, name, { name: 'test', kind: 'user' })
  const caller = (await world.projects.findCaller(token))!
  return { caller, releases: createClient(releases, { ...world.clientOptions(), token }) }
}

let count = 0

/** A pipeline whose second release, made by ana, is in staging, while the first is in production. */
async function inStaging(): Promise<string> {
  const pipeline = `moves-${++count}`
  const target = (environment: 'staging' | 'production') => ({ params: { pipeline, environment }, body: {} })
  for (const quality of [0.8, 0.9]) {
    const script = `echo '{"name":"auc","value":${quality}}' >> "$EVENKEEL_METRICS"; echo rows=${quality * 100} >> "$EVENKEEL_OUTPUT"`
    const spec = { steps: [shell('fit', script)], params: { lr: quality }, commit: 'c0ffee' }
    await world.api.put({ params: { pipeline }, body: spec as unknown as PipelineSpec })
    await people.ana.releases.create({ params: { pipeline }, body: { notes: `it reaches ${quality}` } })
    await world.releases.promote(target('staging'))
    const environment = quality === 0.8 ? 'production' : 'staging'
    // Whoever sits at the machine needs nobody else.
    if (environment === 'production') await world.releases.promote(target('production'))
    const { id } = await world.api.startRun({ params: { pipeline }, body: { environment } })
    await world.until(id)
  }
  return pipeline
}

const ask = (who: keyof typeof people, pipeline: string, body: object = {}) =>
  people[who].releases.promote({ params: { pipeline, environment: 'production' }, body })
const requests = () => world.pipelines.releases.requests
const decide = (who: keyof typeof people, approval: string, decision: 'approve' | 'reject' = 'approve') =>
  requests().decide(people[who].caller, { approval, decision, reason: 'I looked at it' })
const inForce = async (pipeline: string) =>
  (await world.releases.environments({ params: { pipeline } })).inForce.find(
    ({ environment }) => environment === 'production',
  )!.version

describe('a promotion to production that asks for a person', () => {
  it('waits with its evidence, changes nothing, and happens when another person approves', async () => {
    const pipeline = await inStaging()

    const { move, changed, approval } = await ask('ben', pipeline, { reason: 'better on Fridays' })
    expect({ version: move!.version, changed }).toEqual({ version: 1, changed: false })
    expect(approval).toMatchObject({
      state: 'pending',
      version: 2,
      fromVersion: 1,
      requestedBy: 'ben',
      comment: 'better on Fridays',
    })
    expect(Date.parse(approval!.expiresAt) - Date.parse(approval!.requestedAt)).toBe(168 * 3_600_000)
    expect(approval!.evidence).toEqual([
      `${pipeline}@2 was released by ana from the commit c0ffee: it reaches 0.9`,
      'It takes the place of version 1.',
      'The default of the param "lr" is 0.9 and was 0.8.',
      'The step "fit" has another command.',
      expect.stringMatching(/^Its newest run in staging, \S+, succeeded; compared with \S+ in production\.$/),
      'auc of fit is 0.9 and was 0.8 (+0.1).',
      'rows of fit is 90 and was 80 (+10).',
    ])
    expect(await inForce(pipeline)).toBe(1)

    const decided = await decide('cem', approval!.id)
    expect(decided).toMatchObject({ state: 'approved', decidedBy: 'cem', reason: 'I looked at it' })
    expect(await inForce(pipeline)).toBe(2)
    await expect(decide('cem', approval!.id, 'reject')).rejects.toMatchObject({ code: 'governance.already_decided' })
  })

  it('is approved neither by who asked nor by who made the release, and may be rejected by both', async () => {
    const pipeline = await inStaging()
    const { approval } = await ask('ben', pipeline)

    await expect(decide('ben', approval!.id)).rejects.toMatchObject({ code: 'governance.own_work' })
    await expect(decide('ana', approval!.id)).rejects.toMatchObject({ code: 'governance.own_work' })
    expect(await inForce(pipeline)).toBe(1)

    expect(await decide('ana', approval!.id, 'reject')).toMatchObject({ state: 'rejected' })
    expect(await inForce(pipeline)).toBe(1)
    const again = await ask('ben', pipeline)
    expect(again.approval!.id).not.toBe(approval!.id)
  })

  it('is one request however often it is asked for, and gives way when production moves meanwhile', async () => {
    const pipeline = await inStaging()
    const [first, second] = await Promise.all([ask('ben', pipeline), ask('ben', pipeline)])
    expect(second.approval!.id).toBe(first.approval!.id)

    await world.releases.promote({ params: { pipeline, environment: 'production' }, body: {} })

    expect(await requests().find('default', first.approval!.id)).toMatchObject({
      state: 'withdrawn',
      reason: 'local put version 2 in force.',
    })
    await expect(decide('cem', first.approval!.id)).rejects.toMatchObject({ code: 'governance.already_decided' })
  })

  it('does not happen when the release was changed behind its back, and still waits then', async () => {
    const pipeline = await inStaging()
    const { approval } = await ask('ben', pipeline)
    await sql`update pipelines.release set document = replace(document, '0.9', '1.9') where pipeline = ${pipeline}`.execute(
      world.platform.db,
    )

    await expect(decide('cem', approval!.id)).rejects.toMatchObject({ code: 'pipelines.release_not_trusted' })
    expect(await requests().find('default', approval!.id)).toMatchObject({ state: 'pending', decidedBy: null })
    expect(await inForce(pipeline)).toBe(1)
  })

  it('survives a restart, expires when nobody decides, and every decision is in the audit log', async () => {
    const pipeline = await inStaging()
    const { approval } = await ask('ben', pipeline)
    const other = createPipelines(world.deps)

    const [waiting] = await other.releases.requests.list('default', { state: 'pending' }, 1, 2 ** 31 - 1)
    expect(waiting!.approval).toEqual(approval)
    world.outside.clock = new Date(Date.parse(approval!.expiresAt) - 1000)
    await world.platform.events.runJob('pipelines.expire_promotions')
    expect(await requests().find('default', approval!.id)).toMatchObject({ state: 'pending' })

    world.outside.clock = new Date(Date.parse(approval!.expiresAt))
    await expect(decide('cem', approval!.id)).rejects.toMatchObject({ code: 'governance.already_decided' })
    await world.platform.events.runJob('pipelines.expire_promotions')

    expect(await requests().find('default', approval!.id)).toMatchObject({
      state: 'expired',
      reason: 'Nobody decided in time.',
    })
    const audited = await sql<{ actor: string; action: string }>`
      select actor, action from platform.audit_entry
      where subject = ${`${pipeline}@2`} and action like '%promotion' order by position`.execute(world.platform.db)
    expect(audited.rows).toEqual([
      { actor: 'ben', action: 'pipelines.request_promotion' },
      { actor: 'system', action: 'pipelines.decide_promotion' },
    ])
  })
})
