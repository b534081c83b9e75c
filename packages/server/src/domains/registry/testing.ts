import { createClient } from '@evenkeel/client'
import {
  type GateVerdict,
  type NewModelVersion,
  registry as endpoints,
  type Rollout,
  RolloutPlan,
} from '@evenkeel/contract'
import type { Platform } from '../../platform/server.ts'
import { startWorld } from '../../testing.ts'
import { registryRoutes } from './routes.ts'
import { createRegistry, type Registry, type RegistryDeps } from './service.ts'
import { onnxOf } from './testing-onnx.ts'

/** What the domains around the registry answer where nothing is deployed and every gate lets everything pass. */
export const quietNeighbours = {
  decideGate: async (): Promise<GateVerdict> => ({
    passed: true,
    says: 'Good enough.',
    checks: [],
    decidedAt: new Date().toISOString(),
    override: null,
  }),
  approvals: async () => [],
  endpointsOf: async () => [],
  rollout: async () => rolloutOf({}),
  isProduction: (environment) => environment === 'production',
  noteReproduced: async () => null,
  whyNoModel: async () => null,
  useOf: async () => ({ endpoints: [], versions: [], environments: [] }),
  renameElsewhere: async () => undefined,
  runFiles: async () => undefined,
  loggedModel: async (_project, model) => ({ artifactUri: `mlflow-artifacts:/0/models/${model}`, sourceRunId: null }),
  noteRegistration: async () => undefined,
  filesAt: async () => null,
  keepFolder: async (_tx, _project, folder) => `mlflow-artifacts:/${folder}`,
  dropFolder: async () => undefined,
  servingOf: async () => [],
  rolloutsOf: async () => [],
  isUser: async () => true,
  url: () => 'http://127.0.0.1:7070',
} satisfies Omit<RegistryDeps, 'db' | 'blobs' | 'now'>

/** A rollout of version 1 in production that has just ended well. */
export const rolloutOf = (changes: Partial<Rollout>): Rollout => ({
  id: 'r1',
  endpoint: 'flights',
  environment: 'production',
  model: 'flights',
  fromVersion: null,
  toVersion: 1,
  state: 'succeeded',
  says: 'Promoted: not worse on any check.',
  plan: RolloutPlan.parse({}),
  stepIndex: 0,
  canaryWeight: 10,
  analysis: [],
  approvalId: null,
  requestCount: 0,
  failedRequestCount: 0,
  startedBy: 'ana',
  startedAt: '2026-03-02T00:00:00.000Z',
  endedAt: '2026-03-03T00:00:00.000Z',
  eventTimeStart: null,
  eventTimeEnd: null,
  history: [],
  ...changes,
})

/** What a step sends for an artifact, with nothing that is not needed. */
export const newVersion = (
  artifact: { digest: string; sizeBytes: number },
  changes: Partial<NewModelVersion> = {},
): NewModelVersion => ({
  artifact: { ...artifact, format: 'onnx' },
  golden: null,
  metrics: { auc: 0.73 },
  params: { trees: 100 },
  evaluation: null,
  baselines: [],
  lineage: {
    runId: null,
    pipeline: null,
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: '2001-01-01T00:00:00.000Z',
    trainedUntil: '2001-02-01T00:00:00.000Z',
    trainingRowCount: 508_239,
    commit: 'abc',
    environment: {},
  },
  card: '# flights\n\nTells which flights will be late.\n',
  ...changes,
})

/** A server with a registry; `deps` says what its neighbours answer where they shall not be quiet. */
export async function startRegistry(deps: (platform: Platform) => Partial<RegistryDeps> = () => ({})) {
  let registry: Registry | undefined
  const world = await startWorld({
    domains: (platform) => {
      const { db, blobs } = platform
      registry = createRegistry({ ...quietNeighbours, db, blobs, now: () => new Date(), ...deps(platform) })
      const created = registry
      return [{ routes: (app) => registryRoutes(app, created), subscriptions: created.subscriptions }]
    },
  })
  const put = (bytes: string | Uint8Array) => world.platform.blobs.put(Buffer.from(bytes))

  return {
    ...world,
    registry: registry!,
    put,

    /** A version whose file differs by its note and takes `hour`. */
    async register(model: string, note: string, changes: Partial<NewModelVersion> = {}) {
      const artifact = await put(
        onnxOf([{ name: 'hour', type: 1, shape: ['N', 1] }], [{ name: 'probability', type: 1, shape: ['N', 1] }], note),
      )
      const body = newVersion(artifact, changes)
      return createClient(endpoints, world.clientOptions()).register({ params: { model }, body })
    },
  }
}

export type RegistryWorld = Awaited<ReturnType<typeof startRegistry>>
