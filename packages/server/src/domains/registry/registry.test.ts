import { createClient } from '@evenkeel/client'
import {
  type Approval,
  deploymentsEvents,
  type GateVerdict,
  type NewModelVersion,
  registry as endpoints,
  registryEvents,
  type Rollout,
} from '@evenkeel/contract'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { localCaller } from '../../platform/auth.ts'
import { on, publish } from '../../platform/events.ts'
import { startWorld, type World } from '../../testing.ts'
import { registryRoutes } from './routes.ts'
import { createRegistry, type Registry } from './service.ts'
import { onnxOf } from './testing-onnx.ts'
import { newVersion, quietNeighbours, rolloutOf } from './testing.ts'

const start = new Date('2026-03-01T12:00:00Z')

let world: World
let registry: Registry
let clock = start
let approvals: Approval[] = []
const rollouts = new Map<string, Rollout>()
/** Champions that the gate was asked to compare with. */
const compared: (number | null)[] = []
const news: { topic: string; subject: string; passed?: boolean; version?: number }[] = []

const verdict = (passed: boolean): GateVerdict => ({
  passed,
  says: passed ? 'Good enough.' : 'Not good enough.',
  checks: [],
  decidedAt: clock.toISOString(),
  override: null,
})

beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, blobs }) => {
      registry = createRegistry({
        ...quietNeighbours,
        db,
        blobs,
        now: () => clock,
        decideGate: async (_tx, { metrics, champion }) => {
          compared.push(champion)
          return verdict(metrics['auc']! >= 0.7)
        },
        approvals: async (_project, model) => approvals.filter((approval) => approval.model === model),
        rollout: async (_project, id) => rollouts.get(id)!,
        noteReproduced: async () => null,
        whyNoModel: async (_project, run) => (run === 'sampled' ? 'The run saw a sample.' : null),
      })
      const listeners = (['registry.gate_decided', 'registry.alias_moved', 'registry.canary_recorded'] as const).map(
        (topic) => on(registryEvents, topic, `test.${topic}`, async (event) => void news.push({ topic, ...event })),
      )
      return [
        { routes: (app) => registryRoutes(app, registry), subscriptions: [...registry.subscriptions, ...listeners] },
      ]
    },
  })
}, 60_000)
afterAll(() => world.stop())
beforeEach(() => {
  clock = start
  approvals = []
})

const client = () => createClient(endpoints, world.clientOptions())
const params = (model: string, version: number) => ({ params: { model, version } })

/** Bytes that differ by their note, and the same signature. */
const upload = (note: string) =>
  world.platform.blobs.put(
    onnxOf([{ name: 'hour', type: 1, shape: ['N', 1] }], [{ name: 'probability', type: 1, shape: ['N', 1] }], note),
  )

async function register(model: string, note: string, changes: Partial<NewModelVersion> = {}) {
  return client().register({ params: { model }, body: newVersion(await upload(note), changes) })
}

const inRun = (runId: string) => ({ lineage: { ...newVersion({ digest: '', sizeBytes: 0 }).lineage, runId } })
const versionsOf = async (model: string) =>
  (await client().listVersions({ params: { model }, query: {} })).items.map(({ version }) => version)
const newsOf = async (subject: string) => {
  await world.settle()
  return news.filter((event) => event.subject === subject).map(({ topic }) => topic)
}

it('registers a version with the signature that its file declares, and the model with it', async () => {
  const version = await register('first', 'a')

  expect(version).toMatchObject({
    version: 1,
    stage: 'passed',
    signature: {
      inputs: [{ name: 'hour', datatype: 'FP32', shape: [-1, 1] }],
      outputs: [{ name: 'probability', datatype: 'FP32', shape: [-1, 1] }],
    },
    metrics: { auc: 0.73 },
    gate: { passed: true, says: 'Good enough.' },
    createdBy: 'local',
    createdAt: start.toISOString(),
  })
  expect(await client().getModel({ params: { model: 'first' } })).toEqual({
    name: 'first',
    description: 'Tells which flights will be late.',
    owner: 'local',
    owners: [{ kind: 'user', name: 'local' }],
    versionCount: 1,
    latestVersion: 1,
    latestStage: 'passed',
    champion: null,
    challenger: null,
    endpoints: [],
    createdAt: start.toISOString(),
    changedAt: start.toISOString(),
  })
  expect(await newsOf('first@1')).toEqual(['registry.gate_decided'])
})

it('gives two registrations at once different numbers', async () => {
  const registered = await Promise.all(Array.from({ length: 8 }, (_, i) => register('crowd', `crowd ${i}`)))

  expect(registered.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
})

it('registers the same content of the same run once, also at the same moment', async () => {
  const again = await Promise.all([1, 2, 3].map(() => register('retried', 'same', inRun('run-1'))))
  const other = await register('retried', 'same', inRun('run-2'))

  expect(again.map(({ version }) => version)).toEqual([1, 1, 1])
  expect(other.version).toBe(2)
  expect(await newsOf('retried@1')).toEqual(['registry.gate_decided'])
})

it.each([
  {
    name: 'is not stored',
    body: async () => newVersion({ digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1 }),
    why: 'upload it with PUT /api/v1/artifacts',
  },
  {
    name: 'is no model',
    body: async () => newVersion(await world.platform.blobs.put(Buffer.from('not a model'))),
    why: 'onnx: ',
  },
  {
    name: 'has another size',
    body: async () => newVersion({ ...(await upload('size')), sizeBytes: 7 }),
    why: 'but 7 were announced',
  },
  {
    name: 'lacks its golden inputs',
    body: async () => newVersion(await upload('golden'), { golden: `sha256:${'1'.repeat(64)}` }),
    why: 'sha256:1111',
  },
])('registers nothing when the artifact $name', async ({ body, why }) => {
  const refusal = client().register({ params: { model: 'refused' }, body: await body() })

  await expect(refusal).rejects.toMatchObject({
    status: 422,
    code: 'registry.bad_artifact',
    why: expect.stringContaining(why),
  })
  await expect(client().getModel({ params: { model: 'refused' } })).rejects.toMatchObject({
    code: 'registry.model_not_found',
  })
})

it('lets a step register for its own run only', async () => {
  const expiresAt = new Date(Date.now() + 60_000)
  const token = await world.projects.issueStepToken({ userId: localCaller.userId, scope: 'run-7', expiresAt })
  const step = createClient(endpoints, { baseUrl: world.url, token })
  const body = async (runId: string) => newVersion(await upload('step'), inRun(runId))

  const refusal = step.register({ params: { model: 'stepped' }, body: await body('run-8') })
  await expect(refusal).rejects.toMatchObject({ status: 403, why: expect.stringContaining('run-7') })

  const version = await step.register({ params: { model: 'stepped' }, body: await body('run-7') })
  expect(version).toMatchObject({ version: 1, createdBy: 'local', lineage: { runId: 'run-7' } })
})

it('takes nothing from a run that only tries something out, whoever speaks for it', async () => {
  const expiresAt = new Date(Date.now() + 60_000)
  const token = await world.projects.issueStepToken({ userId: localCaller.userId, scope: 'sampled', expiresAt })
  const step = createClient(endpoints, { baseUrl: world.url, token })
  const refused = { status: 403, why: 'The run saw a sample.' }
  const body = newVersion(await upload('sampled'), inRun('sampled'))

  await expect(step.register({ params: { model: 'sampled' }, body })).rejects.toMatchObject(refused)
  await expect(client().register({ params: { model: 'sampled' }, body })).rejects.toMatchObject(refused)
  await register('whole', '1')
  const alias = { params: { model: 'whole', alias: 'champion' }, body: { version: 1 } }
  await expect(step.setAlias(alias)).rejects.toMatchObject(refused)
  await expect(client().getModel({ params: { model: 'sampled' } })).rejects.toMatchObject({ status: 404 })
})

it('pages through versions, newest first', async () => {
  for (const note of ['1', '2', '3']) await register('paged', note)

  const first = await client().listVersions({ params: { model: 'paged' }, query: { limit: 2 } })
  const second = await client().listVersions({
    params: { model: 'paged' },
    query: { limit: 2, cursor: first.nextCursor! },
  })

  expect(first.items.map(({ version }) => version)).toEqual([3, 2])
  expect(second).toMatchObject({ items: [{ version: 1 }], nextCursor: null })
})

it('lets a refused version pass by an override, and keeps what the gate said', async () => {
  await register('overridden', 'a', { metrics: { auc: 0.5 } })
  const body = { reason: 'The label of March was wrong.' }

  const version = await client().overrideGate({ ...params('overridden', 1), body })

  expect(version).toMatchObject({
    stage: 'passed',
    gate: { passed: false, override: { by: 'local', reason: body.reason, at: start.toISOString() } },
  })
  expect(version.card).toContain('**Gate overridden** on 2026-03-01 by local: The label of March was wrong.')
  await world.settle()
  expect(news.filter(({ subject }) => subject === 'overridden@1').map(({ passed }) => passed)).toEqual([false, true])
  await expect(client().overrideGate({ ...params('overridden', 1), body })).rejects.toMatchObject({
    status: 409,
    code: 'registry.wrong_stage',
    details: { stage: 'passed' },
  })
})

it('keeps an alias off a version that its gate refused', async () => {
  await register('aliased', 'good')
  await register('aliased', 'bad', { metrics: { auc: 0.5 } })
  const champion = { params: { model: 'aliased', alias: 'champion' } }

  const version = await client().setAlias({ ...champion, body: { version: 1 } })
  await client().setAlias({ ...champion, body: { version: 1 } })

  expect(version.aliases).toEqual(['champion'])
  expect(await newsOf('aliased')).toEqual(['registry.alias_moved'])
  await expect(client().setAlias({ ...champion, body: { version: 2 } })).rejects.toMatchObject({
    code: 'registry.wrong_stage',
    details: { stage: 'refused' },
  })
  expect(await client().getModel({ params: { model: 'aliased' } })).toMatchObject({ champion: 1, latestVersion: 2 })
})

it('asks the gate to compare with the champion of the moment', async () => {
  await register('compared', 'a')
  await client().setAlias({ params: { model: 'compared', alias: 'champion' }, body: { version: 1 } })

  await register('compared', 'b')

  expect(compared.slice(-2)).toEqual([null, 1])
  expect(await registry.champion('default', 'compared')).toEqual({
    version: 1,
    trainedFrom: '2001-01-01T00:00:00.000Z',
    trainedUntil: '2001-02-01T00:00:00.000Z',
  })
  expect(await registry.champion('default', 'nothing')).toBeNull()
})

it('answers what is not there with its own error', async () => {
  await register('known', 'a')

  await expect(client().getVersion(params('known', 9))).rejects.toMatchObject({ code: 'registry.version_not_found' })
  await expect(client().listVersions({ params: { model: 'unknown' }, query: {} })).rejects.toMatchObject({
    status: 404,
  })
  const beyond = client().setAlias({ params: { model: 'known', alias: 'champion' }, body: { version: 9 } })
  await expect(beyond).rejects.toMatchObject({ code: 'registry.version_not_found' })
})

/** What the deployments would announce, twice, as queues may. */
async function announce(rollout: Rollout): Promise<void> {
  rollouts.set(rollout.id, rollout)
  const { id, endpoint, environment, model, toVersion: version, state } = rollout
  const event = { projectId: 'default', subject: id, rolloutId: id, endpoint, environment, model, version, state }
  for (let time = 0; time < 2; time++) {
    await world.platform.db.transaction().execute(async (tx) => {
      await publish(tx, deploymentsEvents, 'deployments.rollout_changed', event)
      if (rollout.endedAt) {
        await publish(tx, deploymentsEvents, 'deployments.rollout_ended', { ...event, eventTime: rollout.eventTimeEnd })
      }
    })
  }
  await world.settle()
}

it('makes a version the challenger while its canary runs, and the champion when it is promoted', async () => {
  await register('rolled', 'a')
  await register('rolled', 'b')
  await client().setAlias({ params: { model: 'rolled', alias: 'champion' }, body: { version: 1 } })
  const running = rolloutOf({ id: 'r-up', model: 'rolled', toVersion: 2, state: 'canary', endedAt: null })

  await announce(running)
  expect(await client().getModel({ params: { model: 'rolled' } })).toMatchObject({ champion: 1, challenger: 2 })

  await announce({ ...running, state: 'succeeded', endedAt: '2026-03-03T00:00:00.000Z' })

  // Read before it ended, handled after.
  await announce(running)

  expect(await client().getModel({ params: { model: 'rolled' } })).toMatchObject({ champion: 2, challenger: null })
  const version = await client().getVersion(params('rolled', 2))
  expect(version).toMatchObject({ canary: { rolloutId: 'r-up', verdict: 'promoted' }, stageLabel: 'Production' })
  expect(version.card).toContain('**Canary promoted** on 2026-03-03')
  expect(await newsOf('rolled@2')).toEqual(['registry.gate_decided', 'registry.canary_recorded'])
  const { items } = await client().listAliasMoves({ params: { model: 'rolled' }, query: {} })
  expect(items).toMatchObject([
    { alias: 'champion', version: 2, previousVersion: 1, movedBy: 'system' },
    { alias: 'challenger', version: null, previousVersion: 2 },
    { alias: 'challenger', version: 2, previousVersion: null },
    { alias: 'champion', version: 1, previousVersion: null, movedBy: 'local' },
  ])
})

it('leaves the champion where it is when a canary is rolled back', async () => {
  await register('kept', 'a')
  await register('kept', 'b')
  await client().setAlias({ params: { model: 'kept', alias: 'champion' }, body: { version: 1 } })
  await announce(rolloutOf({ id: 'r-back', model: 'kept', toVersion: 2, state: 'canary', endedAt: null }))

  await announce(rolloutOf({ id: 'r-back', model: 'kept', toVersion: 2, state: 'rolled_back' }))

  expect(await client().getModel({ params: { model: 'kept' } })).toMatchObject({ champion: 1, challenger: null })
  expect((await client().getVersion(params('kept', 2))).canary?.verdict).toBe('rolled_back')
})

it('ignores what happens outside of production, and news that a later decision has overtaken', async () => {
  for (const note of ['a', 'b', 'c']) await register('late', note)
  await announce(rolloutOf({ id: 'r-staging', model: 'late', environment: 'staging' }))
  expect((await client().getModel({ params: { model: 'late' } })).champion).toBeNull()

  const ended = (id: string, toVersion: number, endedAt: string) =>
    announce(rolloutOf({ id, model: 'late', toVersion, endedAt }))
  await ended('r-third', 3, '2026-03-05T00:00:00.000Z')
  await ended('r-second', 2, '2026-03-04T00:00:00.000Z')

  expect((await client().getModel({ params: { model: 'late' } })).champion).toBe(3)
  expect((await client().getVersion(params('late', 2))).canary?.verdict).toBe('promoted')
})

it('shows approvals in the card of their own version only', async () => {
  await register('carded', 'a')
  await register('carded', 'b')
  approvals = [
    {
      kind: 'version',
      id: 'a1',
      state: 'approved',
      model: 'carded',
      version: 2,
      environment: 'production',
      digest: `sha256:${'0'.repeat(64)}`,
      requestedBy: 'ana',
      comment: '',
      evidence: [],
      decidedBy: 'ben',
      reason: 'Fine.',
      requestedAt: start.toISOString(),
      decidedAt: start.toISOString(),
      expiresAt: start.toISOString(),
    },
  ]

  const { items } = await client().listVersions({ params: { model: 'carded' }, query: {} })

  expect(items.map(({ card }) => card.includes('approved** on 2026-03-01 by ben'))).toEqual([true, false])
  expect(await versionsOf('carded')).toEqual([2, 1])
})

it('lets a viewer read and not write', async () => {
  await register('viewed', 'a')
  const viewer = createClient(endpoints, await world.asRole('viewer'))

  expect((await viewer.listModels({ query: {} })).items.map(({ name }) => name)).toContain('viewed')
  const refusal = viewer.setAlias({ params: { model: 'viewed', alias: 'champion' }, body: { version: 1 } })
  await expect(refusal).rejects.toMatchObject({ status: 403, code: 'auth.not_allowed' })
})
