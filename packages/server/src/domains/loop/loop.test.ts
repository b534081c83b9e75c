import { createClient } from '@evenkeel/client'
import { loop as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startWorld, type World } from '../../testing.ts'
import type { LoopDeps } from './deps.ts'
import { loopRoutes } from './routes.ts'
import { createLoop } from './service.ts'
import {
  approvalOf,
  promotionApprovalOf,
  dataOf,
  endpointOf,
  incidentOf,
  monitorOf,
  pipelineOf,
  rolloutOf,
  runOf,
  versionOf,
} from './testing.ts'

const now = new Date('2001-03-02T00:00:00.000Z')
const promoted = { rolloutId: 'ro1', verdict: 'promoted', says: 'It is better.', decidedAt: now.toISOString() } as const

/** The other domains, as the loop sees them: `churn` is live and has decayed, `price` is only planned. */
const others: LoopDeps = {
  now: () => now,
  registry: {
    everyModel: async () => [
      {
        name: 'churn',
        description: '',
        owner: 'ana',
        owners: [{ kind: 'user' as const, name: 'ana' }],
        versionCount: 2,
        latestVersion: 2,
        latestStage: 'refused' as const,
        champion: 1,
        challenger: null,
        endpoints: [],
        createdAt: now.toISOString(),
        changedAt: now.toISOString(),
      },
    ],
    listVersions: async () => ({
      items: [
        versionOf(2, { stage: 'refused' }),
        versionOf(1, { canary: { ...promoted, eventTime: '2001-02-01T00:00:00.000Z' } }),
      ],
    }),
  },
  pipelines: {
    list: async () => [
      pipelineOf(runOf()),
      { ...pipelineOf(), name: 'train-price', spec: { ...pipelineOf().spec, model: 'price' } },
    ],
    listFirings: async () => ({ items: [] }),
  },
  datasets: { list: async () => [{ name: 'visits' }], listVersions: async () => ({ items: [dataOf()] }) },
  deployments: {
    everyEndpoint: async () => [endpointOf(null, { name: 'churn-staging', environment: 'staging' }), endpointOf(1)],
    listRollouts: async () => ({ items: [rolloutOf()] }),
  },
  monitoring: {
    everyMonitor: async () => [monitorOf({ status: 'decay', watermark: '2001-03-01T00:00:00.000Z' })],
    listWindows: async () => ({ items: [] }),
    listIncidents: async () => ({ items: [incidentOf()] }),
  },
  governance: {
    listApprovals: async () => ({
      items: [promotionApprovalOf(), approvalOf(), approvalOf({ id: 'old', expiresAt: '2001-03-01T00:00:00.000Z' })],
    }),
  },
}

let world: World
beforeAll(async () => {
  world = await startWorld({ domains: () => [{ routes: (app) => loopRoutes(app, createLoop(others)) }] })
}, 60_000)
afterAll(() => world.stop())

it('tells where every model is, the most urgent first, and what needs a person', async () => {
  const { rows, needsYou, totals } = await createClient(endpoints, world.clientOptions()).read()

  expect(rows.map(({ model, worst }) => [model, worst])).toEqual([
    ['churn', 'attention'],
    ['price', 'idle'],
  ])
  expect(rows[0]).toMatchObject({
    owner: 'ana',
    endpoint: 'churn-api',
    liveVersion: 1,
    requestsPerSecond: 12.5,
    predictionCount: 41,
    eventTime: '2001-03-01T00:00:00.000Z',
    turns: [
      { version: 2, outcome: 'refused', link: '/models/churn/versions/2' },
      {
        version: 1,
        outcome: 'promoted',
        eventTime: '2001-02-01T00:00:00.000Z',
        says: 'AUC fell below 0.70 → It is better.',
      },
    ],
  })
  expect(needsYou.map(({ kind, command }) => [kind, command])).toEqual([
    ['approval', 'evenkeel approve accept pr1 --reason "the evidence is sound"'],
    ['approval', 'evenkeel approve accept ap1 --reason "the evidence is sound"'],
    ['incident', 'evenkeel api POST /api/v1/pipelines/train-churn/runs {}'],
  ])
  expect(totals).toEqual({ modelsLive: 1, drifting: 1, blocked: 1 })
})

it('lets a viewer read it', async () => {
  const viewer = createClient(endpoints, await world.asRole('viewer'))

  expect((await viewer.read()).rows).toHaveLength(2)
})
