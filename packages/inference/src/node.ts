import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createClient } from '@evenkeel/client'
import { features, fleet, monitoring, type NodeStatus } from '@evenkeel/contract'
import type { Config } from './config.ts'
import { createFeatureFollower } from './features/follower.ts'
import { Replicas } from './features/replicas.ts'
import { createAcknowledger } from './fleet/acknowledger.ts'
import { followFleet } from './fleet/follower.ts'
import { startReporter } from './fleet/reporter.ts'
import { openServed, type Served } from './fleet/served.ts'
import { openTrust } from './fleet/trust.ts'
import type { App } from './http/answer.ts'
import { startHttp } from './http/server.ts'
import type { Log } from './log.ts'
import { downloadFrom, openArtifactCache } from './models/artifact-cache.ts'
import { createModels } from './models/models.ts'
import { openPredictionLog, type PredictionLog } from './recording/prediction-log.ts'
import { Counters } from './serving/counters.ts'

/** An inference node that answers. */
export interface InferenceNode {
  readonly url: string
  /** Not ready, no new connections, last answers, records sent (for 3 s at most), models released. */
  stop(): Promise<void>
}

/** Starts a node: it serves its last good state from disk at once, then follows the control plane. */
export async function startNode(config: Config, log: Log): Promise<InferenceNode> {
  const parts = await openParts(config, log)
  const { node, api, bootId, counters, views, models, predictionLog } = parts
  const place = { url: config.publicUrl ?? '', stopping: false }
  const status = (generation: number) => statusOf(config, served, predictionLog, { generation, live: !place.stopping })
  const acknowledge = createAcknowledger(api.fleet, log)
  const served = await openServed({
    ...parts,
    names: config.environments,
    folder: join(config.folder, 'environments'),
    acknowledge(answer) {
      const { url } = place
      acknowledge({ node, url, reason: null, detail: '', status: status(answer.generation), ...answer })
    },
  })
  const app: App = {
    serving: { replicas: parts.replicas, recorder: predictionLog.recorder, counters, makeId: randomUUID },
    log,
    endpoints: () => served.endpoints,
    notReady: () => notReady(served, place.stopping),
    stopping: () => place.stopping,
    metrics: () => ({
      counters,
      endpoints: served.endpoints.values(),
      dropped: predictionLog.recorder.dropped,
      unsentBytes: predictionLog.unsentBytes,
      silenceSeconds: reporter.silenceSeconds,
    }),
  }
  const http = await startHttp(app, { host: config.host, port: config.port, token: config.callerToken })
  place.url ||= http.url
  const followers = served.environments.map((environment) => followFleet({ api: api.fleet, environment, node, log }))
  const report = () => ({ node, bootId, url: place.url, status: status(served.generation), arms: counters.arms() })
  const reporter = startReporter({ api: api.fleet, log, report })
  log.info({ url: place.url, node, controlPlane: config.url }, 'the inference node answers')

  return {
    url: http.url,
    async stop() {
      place.stopping = true
      await http.stop()
      await Promise.all([...followers, reporter, views].map((part) => part.stop()))
      await predictionLog.stop()
      await models.stop()
    },
  }
}

/** Everything that stands by itself. */
async function openParts({ folder, node, url: baseUrl, token }: Config, log: Log) {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const client = { baseUrl, token }
  const api = { fleet: createClient(fleet, client), features: createClient(features, client) }
  const bootId = randomBytes(4).toString('hex')
  const segments = { folder: join(folder, 'segments'), node, bootId, log, api: createClient(monitoring, client) }
  const replicas = new Replicas()
  return {
    node,
    bootId,
    log,
    api,
    replicas,
    counters: new Counters(),
    trust: await openTrust(join(folder, 'trusted-key.json'), () => api.fleet.publicKey()),
    models: createModels(await openArtifactCache(join(folder, 'artifacts'), downloadFrom(baseUrl, token)), log),
    views: createFeatureFollower({ api: api.features, replicas, node, folder: join(folder, 'views'), log }),
    predictionLog: await openPredictionLog(segments),
  }
}

function notReady({ waitingFor }: Served, stopping: boolean): string | undefined {
  if (stopping) return 'the node is stopping'
  return waitingFor && `no desired state of "${waitingFor}" has been loaded yet`
}

function statusOf(
  { node, environments }: Config,
  { loaded, problem }: Served,
  predictionLog: PredictionLog,
  now: Pick<NodeStatus, 'generation' | 'live'>,
): NodeStatus {
  return {
    ...now,
    node,
    environments: [...environments],
    lastSeenAt: new Date().toISOString(),
    loaded,
    problem: predictionLog.problem ?? problem ?? null,
    memoryBytes: process.memoryUsage.rss(),
  }
}
