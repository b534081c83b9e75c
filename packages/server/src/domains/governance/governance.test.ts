import { type ApiError, createClient } from '@evenkeel/client'
import {
  type Approval,
  deploymentsEvents,
  governance as endpoints,
  governanceEvents,
  type ModelVersion,
  type Role,
  type Rollout,
  type StepApproval,
} from '@evenkeel/contract'
import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { localCaller } from '../../platform/auth.ts'
import { on, publish } from '../../platform/events.ts'
import { startWorld, type World } from '../../testing.ts'
import { governanceRoutes } from './routes.ts'
import { createGovernance, type Governance } from './service.ts'

const digest = `sha256:${'a'.repeat(64)}`
const start = new Date('2026-03-02T08:00:00Z')

let world: World
let governance: Governance
let clock = start
/** What pipelines have asked; deciding is theirs, and tested there. */
let ofSteps: { position: number; approval: StepApproval }[] = []
const stepsBelow = (state: string | undefined, limit: number, before: number) =>
  ofSteps
    .filter(({ position, approval }) => position < before && (state === undefined || approval.state === state))
    .toSorted((a, b) => b.position - a.position)
    .slice(0, limit)
const noSteps = {
  find: async () => undefined,
  decide: () => Promise.reject(new Error('There is none.')),
  delegate: () => Promise.reject(new Error('There is none.')),
}

/** What the registry, the runs and the deployments would answer. */
let registered: { createdBy: string; runId: string | null; digest: string }
let rollout: Partial<Rollout>
const news: { approvalId: string; approved: boolean }[] = []

beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, audit }) => {
      governance = createGovernance({
        db,
        audit,
        now: () => clock,
        version: async () =>
          ({
            createdBy: registered.createdBy,
            artifact: { digest: registered.digest },
            lineage: { runId: registered.runId },
          }) as ModelVersion,
        runStartedBy: async () => 'ben',
        rollout: async () => rollout as Rollout,
        steps: { ...noSteps, list: async (_, filter, limit, before) => stepsBelow(filter.state, limit, before) },
        promotions: { ...noSteps, list: async () => [] },
      })
      const listen = on(governanceEvents, 'governance.approval_decided', 'test.news', async (event) => {
        news.push({ approvalId: event.approvalId, approved: event.approved })
      })
      const { subscriptions, jobs } = governance
      return [{ routes: (app) => governanceRoutes(app, governance), subscriptions: [...subscriptions, listen], jobs }]
    },
  })
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  clock = start
  registered = { createdBy: 'ana', runId: 'run-1', digest }
})

const local = () => createClient(endpoints, world.clientOptions())

async function as(name: string, ...roles: Role[]) {
  await world.projects.createUser(localCaller, { name, roles })
  const { token } = await world.projects.createToken(localCaller, name, { name: 'test', kind: 'user' })
  return createClient(endpoints, { baseUrl: world.url, token })
}

const ask = (changes: { environment?: string; requestedBy?: string; model?: string } = {}): Promise<Approval> =>
  world.platform.db.transaction().execute((tx) =>
    governance.requestApproval(tx, {
      projectId: 'default',
      model: 'flights',
      version: 4,
      environment: 'production',
      digest,
      requestedBy: 'cy',
      comment: 'Please look at the gate.',
      evidence: ['AUC 0.7339 is above the champion.'],
      ...changes,
    }),
  )

const decide = (client: ReturnType<typeof local>, { id }: Approval, decision: 'approve' | 'reject' = 'approve') =>
  client.decide({ params: { approval: id }, body: { decision, reason: 'Looked at the slices.' } })

const stateOf = async ({ id }: Approval) => (await local().getApproval({ params: { approval: id } })).state

const newsOf = async ({ id }: Approval) => {
  await world.settle()
  return news.filter(({ approvalId }) => approvalId === id).map(({ approved }) => approved)
}

it('asks nobody in staging and a person everywhere else, until a policy is written', async () => {
  const read = (environment: string) => local().getEnvironmentPolicy({ params: { environment } })
  expect((await read('staging')).approval).toBe('self')
  expect((await read('production')).approval).toBe('person')
  expect((await read('prod-eu')).approval).toBe('person')

  const policy = { approval: 'self', separateDuties: false, expiresAfterHours: 1 } as const
  await local().putEnvironmentPolicy({ params: { environment: 'prod-eu' }, body: policy })

  expect(await read('prod-eu')).toEqual(policy)
  expect((await read('production')).approval).toBe('person')
})

it('approves at once where the policy asks for nobody', async () => {
  const approval = await ask({ environment: 'staging' })

  expect(approval).toMatchObject({ state: 'approved', decidedBy: 'policy', decidedAt: start.toISOString() })
  expect(await newsOf(approval)).toEqual([true])
})

it('lets none of those approve who trained, ran or asked, and lets the next person', async () => {
  const approval = await ask()
  const [ana, ben, cy, dora] = await Promise.all([
    as('ana', 'approver'),
    as('ben', 'approver'),
    as('cy', 'admin'),
    as('dora', 'approver'),
  ])

  for (const [author, why] of [
    [ana, 'ana registered the version.'],
    [ben, 'ben started the run that trained the version.'],
    [cy, 'cy asked for this approval.'],
  ] as const) {
    await expect(decide(author, approval)).rejects.toMatchObject({ status: 403, code: 'governance.own_work', why })
  }
  expect(await stateOf(approval)).toBe('pending')

  const decided = await decide(dora, approval)

  expect(decided).toMatchObject({ state: 'approved', decidedBy: 'dora', reason: 'Looked at the slices.' })
  expect(await newsOf(approval)).toEqual([true])
})

it('makes no exception for whoever sits at the machine, except where the policy does', async () => {
  const approval = await ask({ requestedBy: 'local', environment: 'alone' })
  await expect(decide(local(), approval)).rejects.toMatchObject({ code: 'governance.own_work' })

  const policy = { approval: 'person', separateDuties: false } as const
  await local().putEnvironmentPolicy({ params: { environment: 'alone' }, body: policy })

  expect(await decide(local(), approval)).toMatchObject({ state: 'approved', decidedBy: 'local' })
})

it('lets authors reject their own work', async () => {
  const approval = await ask({ requestedBy: 'local' })

  expect(await decide(local(), approval, 'reject')).toMatchObject({ state: 'rejected', decidedBy: 'local' })
  expect(await newsOf(approval)).toEqual([false])
})

it('is decided once, however many decide at the same moment', async () => {
  const approval = await ask()
  const decisions = ['approve', 'reject', 'approve', 'reject', 'approve'] as const

  const answers = await Promise.allSettled(decisions.map((decision) => decide(local(), approval, decision)))

  const codes = answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as ApiError).code : 'done'))
  expect(codes.toSorted((a, b) => a.localeCompare(b))).toEqual(['done', ...Array(4).fill('governance.already_decided')])
  expect(await newsOf(approval)).toHaveLength(1)
})

it('approves no content but the one that was asked for', async () => {
  const approval = await ask()
  registered = { ...registered, digest: `sha256:${'b'.repeat(64)}` }

  await expect(decide(local(), approval)).rejects.toMatchObject({ status: 409, code: 'governance.content_changed' })
  expect(await stateOf(approval)).toBe('pending')
})

it('expires what nobody decided in time', async () => {
  const approval = await ask()
  clock = new Date(start.getTime() + 168 * 3_600_000)

  await expect(decide(local(), approval)).rejects.toMatchObject({
    code: 'governance.already_decided',
    details: { state: 'expired' },
  })
  await world.runJob('governance.expire_approvals')

  expect(await stateOf(approval)).toBe('expired')
  expect(await newsOf(approval)).toEqual([false])
})

it('withdraws a request when the rollout that needs it is over, and leaves a decided one alone', async () => {
  const open = await ask()
  const decided = await ask()
  await decide(local(), decided)

  for (const approval of [open, decided]) {
    rollout = { approvalId: approval.id, says: 'Aborted by ana: wrong version.' }
    await endRollout()
    await endRollout()
  }

  expect(await local().getApproval({ params: { approval: open.id } })).toMatchObject({
    state: 'withdrawn',
    reason: 'Aborted by ana: wrong version.',
  })
  expect(await newsOf(open)).toEqual([false])
  expect(await stateOf(decided)).toBe('approved')
})

async function endRollout(): Promise<void> {
  await world.platform.db.transaction().execute((tx) =>
    publish(tx, deploymentsEvents, 'deployments.rollout_ended', {
      projectId: 'default',
      subject: 'r1',
      rolloutId: 'r1',
      endpoint: 'flights',
      environment: 'production',
      model: 'flights',
      version: 4,
      state: 'declined',
      eventTime: null,
    }),
  )
  await world.settle()
}

it('lets nobody decide who is no approver', async () => {
  const approval = await ask()
  const scientist = createClient(endpoints, await world.asRole('viewer', 'data_scientist', 'operator'))

  await expect(decide(scientist, approval)).rejects.toMatchObject({ status: 403, code: 'auth.not_allowed' })
  expect(await stateOf(approval)).toBe('pending')
})

it('lists requests of versions and of steps together, newest first, in pages without a gap', async () => {
  const expected: string[] = []
  for (let at = 1; at <= 6; at++) {
    clock = new Date(start.getTime() + at * 3_600_000 * 1000)
    if (at % 3 === 0) expected.unshift((await ask({ model: 'mixed' })).id)
    else {
      const approval = { kind: 'step', id: `step-${at}`, state: 'pending', requestedAt: clock.toISOString() }
      ofSteps.push({ position: at, approval: approval as StepApproval })
      expected.unshift(approval.id)
    }
  }
  const rows = await world.platform.db
    .selectFrom('governance.approval')
    .select('id')
    .where('model', '<>', 'mixed')
    .orderBy('position', 'desc')
    .execute()

  const found: string[] = []
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await governance.listApprovals('default', { limit: 2, cursor })
    found.push(...page.items.map(({ id }) => id))
    cursor = page.nextCursor
  }
  ofSteps = []

  expect(found).toEqual([...expected, ...rows.map(({ id }) => id)])
})

it('pages through requests without a gap, and filters them', async () => {
  const asked: string[] = []
  for (let i = 0; i < 5; i++) asked.unshift((await ask({ model: 'paged' })).id)

  const first = await local().listApprovals({ query: { model: 'paged', limit: 3 } })
  const second = await local().listApprovals({ query: { model: 'paged', limit: 3, cursor: first.nextCursor! } })

  expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(asked)
  expect(second.nextCursor).toBeNull()
  expect((await local().listApprovals({ query: { model: 'paged', state: 'approved' } })).items).toEqual([])
  await expect(local().listApprovals({ query: { cursor: 'yesterday' } })).rejects.toMatchObject({ status: 400 })
})

it('judges by the gate that was written for the model', async () => {
  const judge = () =>
    governance.decideGate(world.platform.db, {
      projectId: 'default',
      model: 'judged',
      metrics: { auc: 0.7 },
      evaluation: null,
      champion: null,
    })
  expect(await local().getGate({ params: { model: 'judged' } })).toMatchObject({ atLeast: 0.6, minHoldoutRows: 1000 })
  expect((await judge()).passed).toBe(false)

  await local().putGate({ params: { model: 'judged' }, body: { minHoldoutRows: 0 } })

  expect((await judge()).passed).toBe(true)
})

it('audits who decided what and why, and what a policy was before', async () => {
  const approval = await ask({ model: 'audited' })
  await decide(local(), approval)
  await local().putGate({ params: { model: 'audited' }, body: { atLeast: 0.8 } })

  const decisions = await local().listAudit({ query: { subject: 'audited@4' } })
  const policies = await local().listAudit({ query: { subject: 'audited', action: 'governance.put_gate' } })

  expect(decisions.items).toMatchObject([
    {
      actor: 'local',
      action: 'governance.decide_approval',
      reason: 'Looked at the slices.',
      after: { state: 'approved' },
    },
    { actor: 'cy', action: 'governance.request_approval', after: { state: 'pending', digest } },
  ])
  expect(policies.items).toMatchObject([{ actor: 'local', before: { atLeast: 0.6 }, after: { atLeast: 0.8 } }])
  expect((await local().listAudit({ query: { actor: 'nobody' } })).items).toEqual([])
})

it('pages through the audit log without a gap', async () => {
  const all = (await local().listAudit({ query: { limit: 500 } })).items

  const first = await local().listAudit({ query: { limit: 4 } })
  const second = await local().listAudit({ query: { limit: 4, cursor: first.nextCursor! } })

  expect([...first.items, ...second.items]).toEqual(all.slice(0, 8))
})

it('finds an entry that was changed behind its back', async () => {
  const { items } = await local().listAudit({ query: { limit: 2 } })
  const { position, actor } = items[1]!
  const rewrite = (name: string) =>
    sql`update platform.audit_entry set actor = ${name} where position = ${position}`.execute(world.platform.db)
  expect(await local().verifyAudit()).toMatchObject({ intact: true, brokenAt: null, entryCount: items[0]!.position })

  await rewrite('somebody else')

  expect(await local().verifyAudit()).toMatchObject({
    intact: false,
    brokenAt: position,
    says: expect.stringContaining('was changed after it was written'),
  })
  await rewrite(actor)
  expect((await local().verifyAudit()).intact).toBe(true)
})
