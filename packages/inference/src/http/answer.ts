import type { IncomingMessage } from 'node:http'
import type { Log } from '../log.ts'
import { Refusal, unavailable } from '../protocol/refusal.ts'
import { decodeRequest } from '../protocol/request.ts'
import type { EndpointRuntime } from '../serving/endpoint.ts'
import type { Serving } from '../serving/journey.ts'
import type { Lane } from '../serving/lane.ts'
import { predict } from '../serving/predict.ts'
import { readBody } from './body.ts'
import { modelConfig, modelMetadata, modelStatistics, repositoryIndex, serverMetadata } from './describe.ts'
import { type MetricSources, renderMetrics } from './metrics.ts'
import { jsonReply, type Reply } from './reply.ts'
import type { Route } from './routes.ts'

/** What the HTTP face needs from the node. */
export interface App {
  readonly serving: Serving
  readonly log: Log
  /** By name, as of the desired state that is served now. */
  endpoints(): ReadonlyMap<string, EndpointRuntime>
  /** Why the node is not ready, in a sentence; undefined when it is. */
  notReady(): string | undefined
  stopping(): boolean
  metrics(): MetricSources
}

/** @throws Refusal with the status for the caller */
export async function answerRoute(app: App, route: Route, request: IncomingMessage): Promise<Reply> {
  switch (route.kind) {
    case 'infer':
      return infer(app, route, request)
    case 'model':
      return describe(app, route, modelMetadata)
    case 'config':
      return describe(app, route, modelConfig)
    case 'model_ready':
      return describe(app, route, ({ spec }) => ({ name: spec.name, ready: true }))
    case 'statistics':
      return jsonReply(200, { model_stats: statistics(app, route.model, route.version) })
    case 'load':
    case 'unload':
      throw new Refusal(403, 'The control plane decides what this node serves; deploy a registered version there.')
    case 'repository':
      return jsonReply(200, repositoryIndex(app.endpoints().values()))
    case 'server':
      return jsonReply(200, serverMetadata)
    case 'models':
      return jsonReply(200, { models: [...app.endpoints().keys()] })
    case 'live':
      return jsonReply(200, { live: true })
    case 'ready':
      return jsonReply(app.notReady() === undefined ? 200 : 503, { ready: app.notReady() === undefined })
    case 'healthz':
      return jsonReply(200, { status: 'ok' })
    case 'readyz':
      return readyz(app.notReady())
    case 'metrics': {
      const { type, body } = renderMetrics(app.metrics(), request.headers.accept ?? '')
      return { status: 200, headers: { 'content-type': type }, body }
    }
  }
}

async function infer(
  app: App,
  { model, version }: { model: string; version: string | undefined },
  request: IncomingMessage,
): Promise<Reply> {
  find(app, model)
  const body = await readBody(request)
  const arrivedAt = performance.now()
  // Only now: while the body came, another state may have been taken, and the models of the old one let go.
  const endpoint = find(app, model)
  const named = version === undefined ? undefined : findVersion(endpoint, version)
  const headerLength = request.headers['inference-header-content-length']
  const { inputs } = (named ?? endpoint.primary.lane).resident.proof.signature
  const decoded = decodeRequest(body, headerLength === undefined ? undefined : String(headerLength), inputs)
  const answer = await predict(app.serving, endpoint, { request: decoded, lane: named, arrivedAt })
  return { status: 200, ...answer }
}

function find(app: App, name: string): EndpointRuntime {
  const endpoint = app.endpoints().get(name)
  if (endpoint) return endpoint
  if (app.endpoints().size === 0 && app.notReady() !== undefined)
    throw unavailable(`No model is ready: ${app.notReady()}`)
  throw new Refusal(404, `No endpoint is called "${name}"; the endpoints are listed at /v2/models.`)
}

function findVersion({ spec, versions }: EndpointRuntime, version: string): Lane {
  const lane = versions.get(Number(version))
  if (lane && /^\d+$/.test(version)) return lane
  const present = [...versions.keys()].join(', ')
  throw new Refusal(404, `The node does not hold version "${version}" of "${spec.name}"; it holds ${present}.`)
}

function describe(
  app: App,
  { model, version }: { model: string; version: string | undefined },
  show: (endpoint: EndpointRuntime, resident: Lane['resident']) => unknown,
): Reply {
  const endpoint = find(app, model)
  const { resident } = version === undefined ? endpoint.primary.lane : findVersion(endpoint, version)
  return jsonReply(200, show(endpoint, resident))
}

function statistics(app: App, model: string | undefined, version: string | undefined): unknown[] {
  const endpoints = model === undefined ? [...app.endpoints().values()] : [find(app, model)]
  return endpoints.flatMap((endpoint) => {
    const lanes = version === undefined ? [...endpoint.versions.values()] : [findVersion(endpoint, version)]
    return lanes.map(({ resident }) => modelStatistics(endpoint, resident))
  })
}

function readyz(notReady: string | undefined): Reply {
  if (notReady === undefined) return jsonReply(200, { status: 'ready' })
  return jsonReply(503, { status: 'not_ready', reason: notReady })
}
