import { createClient } from '@evenkeel/client'
import { deploymentsEvents, registry as endpoints, type Rollout } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { localCaller } from '../../../platform/auth.ts'
import { publish } from '../../../platform/events.ts'
import { startWorld, type World } from '../../../testing.ts'
import { registryRoutes } from '../routes.ts'
import { createRegistry, type Registry } from '../service.ts'
import type { ModelUse } from './protection.ts'
import { onnxOf } from '../testing-onnx.ts'
import { newVersion, quietNeighbours, rolloutOf } from '../testing.ts'

let world: World
let registry: Registry
const rollouts = new Map<string, Rollout>()
/** Champions that the gate was asked to compare with. */
const compared: (number | null)[] = []
const uses = new Map<string, ModelUse>()

beforeAll(async () => {
  world = await startWorld({
    domains: ({ db, blobs }) => {
      registry = createRegistry({
        ...quietNeighbours,
        db,
        blobs,
        now: () => new Date(),
        rollout: async (_project, id) => rollouts.get(id)!,
        useOf: async (_project, model) => uses.get(model) ?? quietNeighbours.useOf(),
        decideGate: async (_tx, { champion }) => {
          compared.push(champion)
          return quietNeighbours.decideGate()
        },
      })
      return [{ routes: (app) => registryRoutes(app, registry), subscriptions: registry.subscriptions }]
    },
  })
}, 60_000)
afterAll(() => world.stop())

const client = () => createClient(endpoints, world.clientOptions())

async function register(model: string, note: string) {
  const tensor = { name: 'x', type: 1, shape: ['N', 1] }
  const artifact = await world.platform.blobs.put(onnxOf([tensor], [tensor], note))
  return client().register({ params: { model }, body: newVersion(artifact) })
}

/** A version as a client of MLflow registers it. */
async function log(model: string): Promise<void> {
  const { registeredModels, modelVersions } = registry.catalog
  await registeredModels.create(localCaller, { name: model, description: '', tags: [] })
  await modelVersions.create(localCaller, { model, source: 's3://bucket/model', tags: [] })
}

async function promote(model: string, version: number, endedAt: string): Promise<void> {
  const rollout = rolloutOf({ id: `${model} ${version}`, model, toVersion: version, endedAt })
  rollouts.set(rollout.id, rollout)
  const { id, endpoint, environment, state, eventTimeEnd: eventTime } = rollout
  const event = { projectId: 'default', subject: id, rolloutId: id, endpoint, environment, model, version, state }
  await world.platform.db
    .transaction()
    .execute((tx) => publish(tx, deploymentsEvents, 'deployments.rollout_ended', { ...event, eventTime }))
  await world.settle()
}

it('moves the stage Production with the champion, and archives the one before', async () => {
  for (const note of ['a', 'b']) await register('labelled', note)
  await promote('labelled', 1, '2026-03-03T00:00:00.000Z')

  await promote('labelled', 2, '2026-03-04T00:00:00.000Z')

  const { items } = await client().listVersions({ params: { model: 'labelled' }, query: {} })
  expect(items.map(({ stageLabel }) => stageLabel)).toEqual(['Production', 'Archived'])
  const moves = await client().listStageMoves({ params: { model: 'labelled' }, query: {} })
  expect(moves.items).toMatchObject([
    { version: 1, label: 'Archived', previousLabel: 'Production', movedBy: 'system' },
    { version: 2, label: 'Production', previousLabel: 'None' },
    { version: 1, label: 'Production', previousLabel: 'None' },
  ])
})

it('asks the gate for no comparison with a champion that has only files of MLflow', async () => {
  await log('logged')
  await registry.catalog.registeredModels.setAlias(localCaller, 'logged', 'champion', '1')

  const second = await register('logged', 'onnx')

  expect(compared.at(-1)).toBeNull()
  expect(second).toMatchObject({ version: 2, stage: 'passed' })
})

it('lets nobody override the gate of a version that none has judged', async () => {
  await log('unjudged')
  const override = { params: { model: 'unjudged', version: 1 }, body: { reason: 'It is good enough.' } }
  await expect(client().overrideGate(override)).rejects.toMatchObject({
    code: 'registry.wrong_stage',
    details: { stage: 'candidate' },
  })
})

it('lets nobody move by hand what follows production', async () => {
  await register('followed', 'a')
  await register('followed', 'b')
  const champion = { params: { model: 'followed', alias: 'champion' } }
  await client().setAlias({ ...champion, body: { version: 1 } })
  uses.set('followed', { endpoints: ['live'], versions: [1], environments: ['staging', 'production'] })

  const refusal = client().setAlias({ ...champion, body: { version: 2 } })

  await expect(refusal).rejects.toMatchObject({
    status: 403,
    code: 'registry.protected',
    why: expect.stringMatching(/follows what is deployed to production.*evenkeel deploy.*approval/),
  })
  expect(await client().getModel({ params: { model: 'followed' } })).toMatchObject({ champion: 1 })
  const best = { params: { model: 'followed', alias: 'best' }, body: { version: 2 } }
  expect(await client().setAlias(best)).toMatchObject({ aliases: ['best'] })
})
