import { createClient } from '@evenkeel/client'
import {
  type Baseline,
  deploymentsErrors,
  type ModelVersion,
  monitoring as endpoints,
  monitoringEvents,
  type MonitorSpec,
  type PredictionRecord,
  registryErrors,
  type Rollout,
} from '@evenkeel/contract'
import { seededRandom } from '@evenkeel/numerics'
import { createHash } from 'node:crypto'
import type { z } from 'zod'
import { failures } from '../../platform/errors.ts'
import { on } from '../../platform/events.ts'
import type { Domain } from '../../platform/server.ts'
import { startWorld } from '../../testing.ts'
import { monitoringRoutes } from './routes.ts'
import { type Change, createMonitoring, type Monitoring } from './service.ts'

const noVersion = failures(registryErrors)
const noEndpoint = failures(deploymentsErrors)

const dayMs = 86_400_000
export const origin = '2001-01-01T00:00:00.000Z'
/** Event time so many days after the origin. */
export const dayAt = (days: number): string => new Date(Date.parse(origin) + days * dayMs).toISOString()

/** `delays` serves model `flights`; an input is uniform on [0, 100), the other one of four cities. */
const baselines: readonly Baseline[] = [
  {
    feature: 'distance',
    kind: 'numerical',
    rowCount: 10_000,
    nullCount: 0,
    mean: 50,
    std: 28.9,
    histogram: { edges: [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100], counts: Array.from({ length: 10 }, () => 1000) },
    categories: null,
    importance: 0.7,
  },
  {
    feature: 'city',
    kind: 'categorical',
    rowCount: 10_000,
    nullCount: 0,
    mean: null,
    std: null,
    histogram: null,
    categories: { values: ['ATL', 'DEN', 'JFK', 'LAX'], counts: [2500, 2500, 2500, 2500], otherCount: 0 },
    importance: 0.3,
  },
  {
    feature: 'score',
    kind: 'numerical',
    rowCount: 10_000,
    nullCount: 0,
    mean: 0.5,
    std: 0.29,
    histogram: { edges: [0, 0.25, 0.5, 0.75, 1], counts: [2500, 2500, 2500, 2500] },
    categories: null,
    importance: null,
  },
]

/** What the registry would say of version 1 or 2. */
const versionOf = (model: string, version: number): ModelVersion => ({
  model,
  version,
  stage: 'passed',
  aliases: [],
  artifact: { digest: `sha256:${'0'.repeat(64)}`, sizeBytes: 1, format: 'onnx' },
  golden: null,
  signature: { inputs: [], outputs: [] },
  metrics: {},
  params: {},
  evaluation: null,
  gate: null,
  canary: null,
  baselines: [...baselines],
  lineage: {
    runId: null,
    pipeline: 'flights-delay',
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: '2000-12-01T00:00:00.000Z',
    trainedUntil: '2001-01-01T00:00:00.000Z',
    trainingRowCount: 10_000,
    commit: '',
    environment: {},
  },
  card: '',
  origin: null,
  stageLabel: 'None',
  tags: {},
  createdAt: origin,
  createdBy: 'ana',
})

type Decayed = z.output<(typeof monitoringEvents)['monitoring.performance_decayed']>

/** A server with monitoring alone; the registry and deployments are the border, and answer as the test says. */
export async function startMonitoring() {
  const rollouts = new Map<string, Rollout>()
  const changes: Change[] = []
  const decayed: Decayed[] = []
  const registry = { down: false }
  const hear = on(monitoringEvents, 'monitoring.performance_decayed', 'test.decayed', async (event) => {
    decayed.push(event)
  })
  let monitoring: Monitoring | undefined
  const world = await startWorld({
    domains: ({ db, blobs }): readonly Domain[] => {
      monitoring = createMonitoring({
        db,
        blobs,
        now: () => new Date(),
        arrived: () => {},
        version: async (_, model, version) => {
          if (registry.down) throw new Error('the registry does not answer')
          if (model !== 'flights') throw noVersion('registry.version_not_found', { model, version })
          return versionOf(model, version)
        },
        endpoint: async (_, endpoint) => {
          if (endpoint === 'unknown') throw noEndpoint('deployments.endpoint_not_found', { endpoint })
          return { model: 'flights' }
        },
        serving: async (_, names) => names.map((name) => ({ name, model: 'flights' })),
        rollout: async (_, id) => rollouts.get(id)!,
        changesBetween: async (_project, _endpoint, from, until) =>
          changes.filter(({ at }) => at >= from && at < until),
      })
      const { subscriptions, jobs } = monitoring
      return [{ routes: (app) => monitoringRoutes(app, monitoring!), subscriptions: [...subscriptions, hear], jobs }]
    },
  })
  const client = createClient(endpoints, world.clientOptions())

  return {
    ...world,
    monitoring: monitoring!,
    client,
    rollouts,
    changes,
    decayed,
    /** Makes every look-up of a version fail. */
    registry,

    /** Sends records as one segment. */
    send(segment: string, records: readonly PredictionRecord[]) {
      const file = Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''))
      return client.addSegment({ params: { segment }, query: { digest: digestOf(file), node: 'node-1' }, file })
    },

    /** Sends labels; `completeUntil` moves the watermark. */
    label(endpoint: string, rows: readonly Labelled[], completeUntil?: string) {
      return client.addLabels({
        params: { endpoint },
        body: {
          ids: rows.map(({ record }) => record.id),
          labels: rows.map(({ label }) => label),
          eventTimesMs: rows.map(({ record }) => Date.parse(record.eventTime)),
          ...(completeUntil !== undefined && { completeUntil }),
        },
      })
    },

    async watch(monitor: string, spec: Partial<MonitorSpec> & Pick<MonitorSpec, 'endpoint'>) {
      const performance = { metric: 'auc', atLeast: 0.7, windows: 2, minLabels: 100 } as const
      return client.put({ params: { monitor }, body: { origin, performance, ...spec } })
    },

    windowsOf: async (monitor: string) =>
      (await client.listWindows({ params: { monitor }, query: { limit: 100 } })).items.toReversed(),

    incidentsOf: async (monitor: string) =>
      (await client.listIncidents({ query: { monitor, limit: 100 } })).items.toReversed(),
  }
}

export type MonitoringWorld = Awaited<ReturnType<typeof startMonitoring>>

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export interface Labelled {
  readonly record: PredictionRecord
  readonly label: number
}

interface Traffic {
  readonly endpoint: string
  /** Days after the origin at which it starts; it lasts a week. */
  readonly fromDay: number
  readonly count: number
  readonly seed: number
  readonly version?: number
  /** Whether labels follow the score; otherwise they are tossed. */
  readonly skilled?: boolean
  /** Distances are below this. */
  readonly maxDistance?: number
  readonly cities?: readonly string[]
}

/** A week of predictions with their labels, the same for the same seed. */
export function traffic({
  endpoint,
  fromDay,
  count,
  seed,
  version = 1,
  skilled = true,
  maxDistance = 100,
  cities = ['ATL', 'DEN', 'JFK', 'LAX'],
}: Traffic): Labelled[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, (_, i) => {
    const score = random()
    const label = Number(random() < (skilled ? score : 0.5))
    const features = { distance: random() * maxDistance, city: cities[Math.floor(random() * cities.length)]! }
    const eventTime = dayAt(fromDay + (7 * i) / count)
    return {
      label,
      record: recordOf({ endpoint, id: `${endpoint}-${seed}-${i}`, eventTime, version, score, features }),
    }
  })
}

export const recordOf = (
  given: Partial<PredictionRecord> & Pick<PredictionRecord, 'endpoint' | 'id'>,
): PredictionRecord => ({
  model: 'flights',
  version: 1,
  arm: 'primary',
  generation: 1,
  rolloutId: null,
  eventTime: origin,
  servedAt: origin,
  features: { distance: 5, city: 'ATL' },
  score: 0.5,
  pairedCandidate: null,
  pairedChampion: null,
  latencyUs: 900,
  error: null,
  ...given,
})
