import { startWorld, type World } from '../../testing.ts'
import { versionsFrom } from '../registry/catalog/origins.ts'
import type { ModelUse } from '../registry/catalog/protection.ts'
import { registryRoutes } from '../registry/routes.ts'
import { createRegistry } from '../registry/service.ts'
import { quietNeighbours } from '../registry/testing.ts'
import { createArtifacts } from '../artifacts/service.ts'
import { trackingRoutes } from '../tracking/api/routes.ts'
import { createTraces, type Traces } from '../traces/service.ts'
import { createWebhooks } from '../webhooks/service.ts'
import { createTracking, type Tracking } from '../tracking/service.ts'
import { importsRoutes } from '../imports/routes.ts'
import { mlflowRoutes } from './routes.ts'

export interface Answer {
  readonly status: number
  // Each test knows what it asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
}

export interface Face {
  readonly world: World
  /** What is deployed of which model; a test may write it. */
  readonly uses: Map<string, ModelUse>
  /** Sends a message as the client does: GET in the query, anything else as JSON. `/api/2.0/mlflow/` goes before. */
  call(method: string, path: string, message?: unknown, token?: string): Promise<Answer>
}

/** A step that logs, of whichever run its token belongs to, into any run whose id begins like this one's. */
export const loggingStep = { runId: 'f00d'.repeat(8), pipeline: 'churn', step: 'train', commit: 'c0ffee' }

const stepBehind = async (_projectId: string, _scope: string, runId: string) =>
  runId.startsWith('f00d') ? loggingStep : undefined

/** A server with everything that stands behind the face. */
export async function startFace({ privateWebhooks = true } = {}): Promise<Face> {
  const now = () => new Date()
  const uses = new Map<string, ModelUse>()
  const unused: ModelUse = { endpoints: [], versions: [], environments: [] }
  const world = await startWorld({
    domains: ({ db, blobs, log, config: { folder } }) => {
      const artifacts = createArtifacts({ db, blobs, now })
      const { files } = artifacts
      const tracking: Tracking = createTracking({
        db,
        log,
        now,
        stepBehind,
        files,
        traces: {
          countOfRuns: (...of) => traces.removal.countOfRuns(...of),
          forget: (...owners) => traces.removal.forget(...owners),
          sweep: () => traces.removal.sweep(),
          countOld: (old) => traces.removal.countOld(old),
          deleteOld: (old) => traces.removal.deleteOld(old),
        },
        versionsFrom,
      })
      const useOf = async (_project: string, model: string) => uses.get(model) ?? unused
      const registry = createRegistry({
        ...quietNeighbours,
        ...tracking.registrations,
        db,
        blobs,
        now,
        useOf,
      })
      const traces: Traces = createTraces({
        db,
        now,
        files,
        activeExperiment: tracking.experiments.getActive,
        requireRun: tracking.runs.get,
      })
      const webhooks = createWebhooks({ ...registry.catalog, db, log, now, folder, privateWebhooks })
      const needs = { ...tracking, traces, webhooks, ...artifacts, ...registry.catalog }
      return [
        { jobs: traces.jobs },
        { subscriptions: webhooks.subscriptions, jobs: webhooks.jobs },
        { routes: (http) => mlflowRoutes(http, needs) },
        { routes: (http) => importsRoutes(http, needs) },
        {
          routes: (http) => trackingRoutes(http, tracking),
          jobs: tracking.jobs,
          background: tracking.background,
        },
        { routes: (http) => registryRoutes(http, registry), subscriptions: registry.subscriptions },
      ]
    },
  })
  return { world, uses, call: (...request) => call(world.url, ...request) }
}

async function call(
  base: string,
  method: string,
  path: string,
  message: unknown = {},
  token?: string,
): Promise<Answer> {
  const url = new URL(path.startsWith('/') ? path : `/api/2.0/mlflow/${path}`, base)
  if (method === 'GET') {
    for (const [key, value] of Object.entries(message as object)) {
      for (const one of [value].flat()) url.searchParams.append(key, String(one))
    }
  }
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(method !== 'GET' && { body: typeof message === 'string' ? message : JSON.stringify(message) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text,
  }
}
