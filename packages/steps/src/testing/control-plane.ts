import { type FeatureView, type Model, type ModelVersion, NewModelVersion } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Stands for a control plane on another machine: artifacts, one model, and a feature view, over real HTTP. */
export async function startControlPlane() {
  const artifacts = new Map<string, Buffer>()
  const registered: NewModelVersion[] = []
  let gate: ModelVersion['gate'] = null
  let champion: { readonly version: number; readonly digest: string } | undefined

  const server = createServer((request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url!, 'http://control-plane')
    const body = Buffer.concat(await request.toArray())
    const [, , , kind, name, part, item] = url.pathname.split('/')
    const route = `${request.method} ${kind}${part ? ` ${part}` : ''}`
    const json = (status: number, value: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    }
    if (route === 'PUT artifacts') return json(201, keep(body))
    if (route === 'GET artifacts') return void response.end(artifacts.get(decodeURIComponent(name!)))
    if (route === 'GET feature-views') return json(200, stationRecent)
    if (route === 'GET feature-views join-sql') return json(200, joinSql(url.searchParams))
    if (route === 'POST models versions') {
      registered.push(NewModelVersion.parse(JSON.parse(body.toString())))
      return json(201, versionOf(registered.at(-1)!, registered.length))
    }
    if (route === 'GET models versions') return answerVersions(json, item === undefined ? undefined : Number(item))
    if (route === 'GET models' && champion) return json(200, modelOf(champion.version))
    return json(404, problem('registry.model_not_found'))
  }

  function answerVersions(json: (status: number, value: unknown) => void, version: number | undefined): void {
    if (version === undefined) {
      const items = registered.map((model, at) => versionOf(model, at + 1)).toReversed()
      return json(200, { items, nextCursor: null })
    }
    if (version === champion?.version) return json(200, championVersion(champion.digest))
    const found = registered[version - 1]
    return found ? json(200, versionOf(found, version)) : json(404, problem('registry.version_not_found'))
  }

  const keep = (bytes: Buffer) => {
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
    artifacts.set(digest, bytes)
    return { digest, sizeBytes: bytes.length }
  }
  const versionOf = (model: NewModelVersion, version: number): ModelVersion => ({
    ...model,
    model: 'late',
    version,
    stage: gate?.passed === false ? 'refused' : 'passed',
    aliases: [],
    signature: { inputs: [], outputs: [] },
    gate,
    canary: null,
    origin: null,
    stageLabel: 'None',
    tags: {},
    createdAt: '2026-11-21T00:00:00.000Z',
    createdBy: 'local',
  })
  const championVersion = (digest: string) => {
    const model = registered.find(({ artifact }) => artifact.digest === digest)
    return versionOf(
      model ?? { ...registered[0]!, artifact: { digest, sizeBytes: 1, format: 'onnx' } },
      champion!.version,
    )
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    artifacts,
    registered,
    /** Registers a version with nothing but its file. */
    haveVersion(bytes: Buffer) {
      const artifact = { ...keep(bytes), format: 'onnx' as const }
      registered.push({ ...bareVersion, artifact })
    },
    /** What the gate says of the next versions. */
    setGate: (verdict: ModelVersion['gate']) => void (gate = verdict),
    setChampion(version: number, digest: string) {
      champion = { version, digest }
    },
    stop: () => new Promise((done) => server.close(done)),
  }
}

export type ControlPlane = Awaited<ReturnType<typeof startControlPlane>>

const stationRecent: FeatureView = {
  name: 'station_recent',
  version: 3,
  spec: {
    description: '',
    entity: 'station',
    source: {
      dataset: 'flights',
      keyColumn: 'station',
      eventTimeColumn: 'departed',
      measures: { late: 'delay > 15' },
    },
    window: { fromSeconds: 7200, untilSeconds: 3600 },
    features: [{ name: 'recent_late_share', aggregation: 'mean', measure: 'late' }],
  },
  watermark: null,
  eventCount: 0,
  createdAt: '2026-11-21T00:00:00.000Z',
}

/** Share of late events of the same station from two hours (not included) to one hour before. */
function joinSql(query: URLSearchParams) {
  const [entities, source, time] = ['entities', 'source', 'eventTimeColumn'].map((name) => query.get(name)!)
  const sql = `SELECT e.*, s.share AS recent_late_share FROM ${entities} e LEFT JOIN (
    SELECT DISTINCT station, departed, avg((delay > 15)::INT) OVER (
      PARTITION BY station ORDER BY departed RANGE BETWEEN INTERVAL 7199 SECOND PRECEDING AND INTERVAL 3600 SECOND PRECEDING
    ) AS share FROM ${source}) s ON s.station = e.station AND s.departed = e.${time}`
  return { view: 'station_recent', version: 3, sql }
}

const bareVersion: Omit<NewModelVersion, 'artifact'> = {
  golden: null,
  metrics: {},
  params: {},
  evaluation: null,
  baselines: [],
  card: '',
  lineage: {
    runId: null,
    pipeline: null,
    trigger: null,
    datasets: [],
    featureViews: [],
    trainedFrom: null,
    trainedUntil: null,
    trainingRowCount: null,
    commit: 'c0ffee',
    environment: {},
  },
}

const modelOf = (champion: number): Model => ({
  name: 'late',
  description: '',
  owner: 'local',
  owners: [{ kind: 'user', name: 'local' }],
  versionCount: champion,
  latestVersion: champion,
  latestStage: 'passed',
  champion,
  challenger: null,
  endpoints: [],
  createdAt: '2026-11-21T00:00:00.000Z',
  changedAt: '2026-11-21T00:00:00.000Z',
})

const problem = (code: string) => ({
  type: 'about:blank',
  title: 'No such model.',
  status: 404,
  detail: 'There is none.',
  code,
  fix: 'List the models.',
  requestId: '1',
  details: {},
})
