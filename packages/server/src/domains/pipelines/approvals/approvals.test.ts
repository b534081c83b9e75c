import type { PipelineSpec, Role, StepApproval } from '@evenkeel/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { localCaller } from '../../../platform/auth.ts'
import { createPipelines } from '../service.ts'
import { type PipelinesWorld, shell, startPipelinesWorld } from '../testing.ts'

let world: PipelinesWorld
type People = Record<'ana' | 'ben' | 'cem', Awaited<ReturnType<typeof as>>>
let people: People
beforeAll(async () => {
  world = await startPipelinesWorld()
  people = { ana: await as('ana', 'approver'), ben: await as('ben', 'approver'), cem: await as('cem', 'approver') }
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  Object.assign(world.outside, { clock: null, separatesDuties: true, users: ['ana', 'ben', 'cem'] })
})

async function as(name: string, ...roles: Role[]) {
  await world.projects.createUser(localCaller, { name, roles: [...roles, 'data_scientist'] })
  const { token } = await world.projects.createToken(localCaller, name, { name: 'test', kind: 'user' })
  const caller = (await world.projects.findCaller(token))!
  return { caller }
}

const approve = (given: object = {}, more: object = {}) => ({ key: 'ask', approval: given, needs: ['make'], ...more })
const make = shell(
  'make',
  'echo rows=7 >> "$EVENKEEL_OUTPUT"; echo "# Good" > "$EVENKEEL_SUMMARY"; echo x > "$EVENKEEL_OUTPUT_IT"',
  {
    outputs: ['it'],
  },
)
const after = shell('after', 'true', { needs: ['ask'] })

/** Starts a run that waits for people. */
async function asking(given: object = {}, more: Partial<PipelineSpec> = {}, pipeline = 'asks') {
  const { id } = await world.run(pipeline, { steps: [make, approve(given), after] as never, ...more })
  const run = await world.until(id, ['waiting', 'failed'])
  const { approval } = run.steps.find(({ key }) => key === 'ask')!
  if (!approval) throw new Error(`Nobody is asked: ${JSON.stringify(run.steps)}`)
  return { id, approval: approval.id }
}

const decide = (who: keyof People, approval: string, decision: 'approve' | 'reject', reason = 'I looked at it') =>
  world.pipelines.approvals.decide(people[who].caller, { approval, decision, reason })
const delegate = (who: keyof People, approval: string, to: string) =>
  world.pipelines.approvals.delegate(people[who].caller, { approval, to, reason: 'on leave' })
const read = async (approval: string): Promise<StepApproval> =>
  (await world.pipelines.approvals.find('default', approval))!
const ask = async (id: string) =>
  (await world.api.getRun({ params: { run: id } })).steps.find(({ key }) => key === 'ask')!

it('waits for people, shows what was true when they were asked, and goes on when they agree', async () => {
  const { id, approval } = await asking({
    message: 'Is it good?',
    by: ['ana', 'ben'],
    count: 2,
    subject: { step: 'make', output: 'it' },
  })
  const asked = await read(approval)

  expect(await world.until(id, ['waiting'])).toMatchObject({ reason: 'It waits for ana and ben: Is it good?' })
  expect(asked).toMatchObject({ state: 'pending', step: 'ask', count: 2, decisions: [] })
  expect(asked.evidence).toMatchObject({
    trigger: { says: 'local asked for it.' },
    startedBy: 'local',
    pipeline: { version: 1, comparedWith: null },
    subject: { step: 'make', output: 'it', is: expect.stringMatching(/^sha256:/) },
    steps: [{ step: 'make', state: 'succeeded', values: { rows: '7' }, summary: '# Good\n' }],
    follows: ['after'],
  })
  await decide('ana', approval, 'approve')
  expect(await ask(id)).toMatchObject({ state: 'waiting', reason: 'Approved by ana; it waits for 1 more.' })
  await expect(decide('ana', approval, 'approve')).rejects.toMatchObject({ code: 'governance.voice_used' })
  await decide('ben', approval, 'approve')

  expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
  expect(await ask(id)).toMatchObject({ state: 'succeeded', attempts: [], approval: { state: 'approved' } })
  const decided = await read(approval)
  expect(decided).toMatchObject({ state: 'approved', decisions: [{ by: 'ana' }, { by: 'ben' }] })
  expect(decided.evidenceDigest).toBe(asked.evidenceDigest)
  await expect(decide('ben', approval, 'reject')).rejects.toMatchObject({ code: 'governance.already_decided' })
})

it('says what is other in the pipeline since it was approved last', async () => {
  const first = await asking({ message: 'One' }, { params: { lr: 1 } }, 'changes')
  await decide('ana', first.approval, 'approve')
  await world.until(first.id)

  const second = await asking({ message: 'Two' }, { params: { lr: 2 } }, 'changes')

  expect((await read(second.approval)).evidence.pipeline).toMatchObject({
    version: 2,
    comparedWith: { run: first.id, version: 1 },
    changes: ['The default of the param "lr" is 2 and was 1.', 'The step "ask" has another approval.'],
  })
})

it('fails when one person rejects, asks anew on a retry, and takes the request back on a cancel', async () => {
  const { id, approval } = await asking({ count: 2 })
  await decide('ana', approval, 'approve')
  await decide('ben', approval, 'reject', 'the slices are worse')

  expect(await world.until(id)).toMatchObject({
    state: 'failed',
    reason: 'The step "ask" failed: Rejected by ben: the slices are worse',
  })
  expect((await world.api.getRun({ params: { run: id } })).steps[2]).toMatchObject({ state: 'skipped', attempts: [] })

  await world.api.retryRun({ params: { run: id }, body: {} })
  await world.until(id, ['waiting'])
  const again = (await ask(id)).approval!
  expect(again).toMatchObject({ state: 'pending' })
  expect(again.id).not.toBe(approval)

  await world.api.cancelRun({ params: { run: id }, body: { reason: 'enough' } })
  expect(await world.until(id)).toMatchObject({ state: 'cancelled' })
  expect(await read(again.id)).toMatchObject({ state: 'withdrawn', reason: 'Cancelled by local: enough' })
  await expect(decide('ana', again.id, 'approve')).rejects.toMatchObject({ code: 'governance.already_decided' })
})

describe('who may decide', () => {
  it('is not who started the run, by whatever means, unless the policy says so', async () => {
    await world.api.put({ params: { pipeline: 'own' }, body: { steps: [make, approve()] as never } })
    const request = { params: {}, noCache: false, environment: 'dev' } as const
    const { id } = await world.pipelines.startRun(people.ana.caller, 'own', request)
    await world.until(id, ['waiting'])
    const approval = (await ask(id)).approval!.id

    const own = decide('ana', approval, 'approve')
    await expect(own).rejects.toMatchObject({ code: 'governance.own_work' })
    expect(await read(approval)).toMatchObject({ state: 'pending', decisions: [] })

    world.outside.separatesDuties = false
    await decide('ana', approval, 'approve')
    expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
  })

  it('is not local either, who started the run', async () => {
    const { approval } = await asking()
    const own = world.pipelines.approvals.decide(localCaller, { approval, decision: 'approve', reason: 'mine' })

    await expect(own).rejects.toMatchObject({ code: 'governance.own_work' })
  })

  it('is who was named, or who holds their voice, once', async () => {
    const { id, approval } = await asking({ by: ['ana', 'ben'], count: 2 })
    await expect(decide('cem', approval, 'approve')).rejects.toMatchObject({ code: 'governance.not_asked' })
    await expect(delegate('ana', approval, 'ben')).rejects.toMatchObject({ code: 'governance.cannot_delegate' })
    await expect(delegate('ana', approval, 'nobody')).rejects.toMatchObject({ code: 'governance.cannot_delegate' })

    await delegate('ana', approval, 'cem')
    await expect(decide('ana', approval, 'approve')).rejects.toMatchObject({ code: 'governance.not_asked' })
    await decide('cem', approval, 'approve')
    await expect(delegate('cem', approval, 'ana')).rejects.toMatchObject({ code: 'governance.voice_used' })
    await decide('ben', approval, 'approve')

    expect(await world.until(id)).toMatchObject({ state: 'succeeded' })
    const { voices, decisions } = await read(approval)
    expect(voices).toEqual([
      { of: 'ana', heldBy: 'cem' },
      { of: 'ben', heldBy: 'ben' },
    ])
    expect(decisions.map(({ by, decision, to }) => `${by} ${decision} ${to}`)).toEqual([
      'ana delegate cem',
      'cem approve null',
      'ben approve null',
    ])
  })

  it('cannot be the same person who started it in production', async () => {
    const put = world.api.put({
      params: { pipeline: 'never' },
      body: { steps: [approve({ separateDuties: false }, { needs: [] })] as never },
    })

    await expect(put).rejects.toMatchObject({ status: 400 })
  })
})

it('records who decided what, and why', async () => {
  const { id, approval } = await asking()
  await decide('ana', approval, 'reject', 'not today')

  const entries = await world.platform.db
    .selectFrom('platform.audit_entry')
    .select(['actor', 'action', 'reason'])
    .where('subject', '=', id)
    .orderBy('position')
    .execute()
  expect(entries).toEqual([
    { actor: 'local', action: 'pipelines.request_approval', reason: null },
    { actor: 'ana', action: 'pipelines.decide_approval', reason: 'not today' },
  ])
})

// The last one: it stops the engine that the others use.
it('survives a restart, and expires when nobody decides in time', async () => {
  const { id, approval } = await asking({ expiresSeconds: 3600 })
  await world.pipelines.stop()
  const other = createPipelines(world.deps)
  await other.start()
  try {
    expect(await world.until(id, ['waiting'])).toBeTruthy()
    world.outside.clock = new Date(Date.now() + 3_599_000)
    await world.platform.events.runJob('pipelines.sweep')
    expect(await ask(id)).toMatchObject({ state: 'waiting' })

    world.outside.clock = new Date(Date.now() + 3_601_000)
    await world.platform.events.runJob('pipelines.sweep')

    expect(await world.until(id)).toMatchObject({
      state: 'failed',
      reason: 'The step "ask" failed: It expired: nobody decided in time.',
    })
    expect(await read(approval)).toMatchObject({ state: 'expired' })
  } finally {
    await other.stop()
  }
})
