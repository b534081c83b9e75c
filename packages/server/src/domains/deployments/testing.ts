import { createClient } from '@evenkeel/client'
import {
  type Approval,
  type Arm,
  deployments as endpoints,
  type DesiredState,
  type EndpointView,
  fleet,
  type ModelVersion,
  type Rollout,
  type Stage,
} from '@evenkeel/contract'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { openSigningKey } from '../../platform/signing-key.ts'
import { startWorld, type World } from '../../testing.ts'
import type { ApprovalRequest } from './deps.ts'
import type { CanaryEvidence } from './judge/judging.ts'
import { noEvidence } from './judge/testing.ts'
import { latencyEdgesMs } from './latency.ts'
import { deploymentsRoutes } from './routes.ts'
import { createDeployments, type Deployments } from './service.ts'
import type { Deployable } from './start-rollout.ts'

/** A server with deployments; what the other domains would answer is in the hands of the test. */
export async function startDeployments() {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-key-'))
  const signingKey = await openSigningKey(folder, 'desired-state')
  const versions = new Map<string, ModelVersion>()
  const asked: ApprovalRequest[] = []
  const others = { evidence: noEvidence, eventTime: null as string | null, clockOffsetMs: 0 }
  let deployments!: Deployments
  const world = await startWorld({
    domains: ({ db, url }) => {
      deployments = createDeployments({
        db,
        url,
        signingKey,
        now: () => new Date(Date.now() + others.clockOffsetMs),
        version: async (_, model, version) => versions.get(`${model}@${version}`)!,
        // `production` is where a person decides.
        requestApproval: async (_, request) => {
          asked.push(request)
          const state = request.environment.startsWith('production') ? 'pending' : 'approved'
          return { id: `approval-${asked.length}`, state } as Approval
        },
        evidence: async (): Promise<CanaryEvidence> => others.evidence,
        eventTime: async () => others.eventTime,
      })
      const { subscriptions, jobs } = deployments
      return [{ routes: (app) => deploymentsRoutes(app, deployments), subscriptions, jobs }]
    },
  })
  const client = createClient(endpoints, world.clientOptions())

  return {
    world,
    client,
    deployments,
    others,
    asked,

    haveVersion(model: string, version: number, stage: Stage = 'passed'): void {
      versions.set(`${model}@${version}`, versionOf(model, version, stage))
    },

    haveEndpoint(
      endpoint: string,
      body: Partial<Parameters<typeof client.put>[0]['body']> = {},
    ): Promise<EndpointView> {
      return client.put({ params: { endpoint }, body: { environment: 'staging', model: endpoint, ...body } })
    },

    deploy(
      endpoint: string,
      version: number,
      plan: { steps?: number[]; minUnitsPerStep?: number } = {},
    ): Promise<Rollout> {
      return client.deploy({ params: { endpoint }, body: { version, plan } })
    },

    read: (id: string): Promise<Rollout> => client.getRollout({ params: { rollout: id } }),

    /** Waits until a rollout is in a state. */
    until(id: string, state: Rollout['state']): Promise<Rollout> {
      return waitFor(async () => {
        const rollout = await client.getRollout({ params: { rollout: id } })
        return rollout.state === state && rollout
      })
    },

    async stop(): Promise<void> {
      await world.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export type TestDeployments = Awaited<ReturnType<typeof startDeployments>>

export const waitFor = <T>(check: () => Promise<T | false>) => vi.waitUntil(check, { timeout: 30_000, interval: 10 })

/** What a node does with a desired state. */
export type Behaviour = 'serves' | 'stays silent' | 'only loads' | 'refuses'

/** An inference node as far as the control plane can tell: it follows, acknowledges and reports over HTTP. */
export function startNode(world: World, node: string, environment: string) {
  const client = createClient(fleet, world.clientOptions())
  const stopping = new AbortController()
  const states: DesiredState[] = []
  const firstBoot: string = randomUUID()
  const control = { behaviour: 'serves' as Behaviour }

  const acknowledge = (generation: number, stage: 'loaded' | 'serving' | 'refused') => {
    const refusal = stage === 'refused' ? ({ reason: 'selftest', detail: 'row 3 differs by 0.2' } as const) : {}
    return client.acknowledge({ body: { node, environment, generation, stage, url: `http://${node}`, ...refusal } })
  }

  async function apply({ generation }: DesiredState): Promise<void> {
    if (control.behaviour === 'refuses') await acknowledge(generation, 'refused')
    if (control.behaviour === 'serves' || control.behaviour === 'only loads') await acknowledge(generation, 'loaded')
    if (control.behaviour === 'serves') await acknowledge(generation, 'serving')
  }

  async function run(): Promise<void> {
    const request = { params: { environment }, query: { node } }
    for await (const { data } of client.follow(request, { signal: stopping.signal })) {
      states.push(data)
      await apply(data)
    }
  }
  const running = run()

  return {
    states,
    control,
    acknowledge,
    /** Does now what it did not do with the newest state. */
    async comeTo(behaviour: Behaviour): Promise<void> {
      control.behaviour = behaviour
      await apply(states.at(-1)!)
    },
    /** Cumulative counters of one endpoint: requests, errors, and how long each took. */
    report: (arms: readonly ArmCount[], { bootId = firstBoot } = {}) =>
      client.report({
        body: {
          node,
          bootId,
          url: `http://${node}`,
          status: {
            node,
            environments: [environment],
            generation: states.at(-1)?.generation ?? 0,
            live: true,
            lastSeenAt: new Date().toISOString(),
            loaded: [],
            problem: null,
            memoryBytes: 1e8,
          },
          arms: arms.map(({ endpoint, arm, version, requests, errors = 0, durationMs = 2 }) => ({
            endpoint,
            arm,
            version,
            requests,
            errors,
            latency: {
              edgesMs: [...latencyEdgesMs],
              counts: [...latencyEdgesMs, Infinity].map((edge) => (edge === durationMs ? requests : 0)),
            },
          })),
        },
      }),
    async stop(): Promise<void> {
      stopping.abort()
      await running
    },
  }
}

export interface ArmCount {
  readonly endpoint: string
  readonly arm: Arm
  readonly version: number
  readonly requests: number
  readonly errors?: number
  /** One of our edges; every request takes as long. */
  readonly durationMs?: number
}

export const digestOf = (version: number): string => `sha256:${String(version).padStart(64, '0')}`

export function versionOf(model: string, version: number, stage: Stage): Deployable {
  return {
    model,
    version,
    stage,
    aliases: [],
    artifact: { digest: digestOf(version), sizeBytes: 1000 + version, format: 'onnx' },
    golden: null,
    signature: { inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 1] }], outputs: [] },
    metrics: {},
    params: {},
    evaluation: null,
    gate: {
      passed: stage === 'passed',
      says: 'AUC 0.7339 beats the champion.',
      checks: [{ name: 'auc', passed: true, says: 'AUC 0.7339 is at least 0.6' }],
      decidedAt: '2026-03-02T00:00:00.000Z',
      override: null,
    },
    canary: null,
    baselines: [],
    lineage: {
      runId: null,
      pipeline: null,
      trigger: null,
      datasets: [],
      featureViews: [],
      trainedFrom: null,
      trainedUntil: null,
      trainingRowCount: null,
      commit: 'abc',
      environment: {},
    },
    card: '',
    origin: null,
    stageLabel: 'None',
    tags: {},
    createdAt: '2026-03-02T00:00:00.000Z',
    createdBy: 'ana',
  }
}
