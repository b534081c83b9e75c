import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { LoadPlan, LoadResult } from './load.ts'
import type { TrackingServer } from './servers.ts'

/** Metric, step, timestamp in milliseconds, value. */
export type Point = readonly [metric: number, step: number, timestampMs: number, value: number]

export interface Workload {
  readonly name: string
  readonly path: 'runs/log-batch' | 'runs/log-metric'
  readonly clients: number
  /** Requests in all; each has points that no other has. */
  readonly ours: number
  readonly peers: number
  readonly points: (request: number) => readonly Point[]
}

const startMs = 1_760_000_000_000

/** A thousand points, as a training loop sends them that logs so many metrics at each step. */
const batchOf = (metrics: number) => (request: number) =>
  Array.from({ length: 1000 }, (_, at): Point => {
    const step = request * (1000 / metrics) + Math.floor(at / metrics)
    return [at % metrics, step, startMs + step, Math.sin(request + at) / 3]
  })

const single = (request: number): Point[] => [[request % 10, request, startMs + request, Math.sin(request) / 3]]

export const workloads: readonly Workload[] = [
  {
    name: 'log_batch, 1,000 points of 10 metrics',
    path: 'runs/log-batch',
    clients: 1,
    ours: 40,
    peers: 6,
    points: batchOf(10),
  },
  { name: 'log_batch, 1,000 metrics', path: 'runs/log-batch', clients: 1, ours: 40, peers: 6, points: batchOf(1000) },
  { name: 'log_metric, one by one', path: 'runs/log-metric', clients: 1, ours: 400, peers: 60, points: single },
  {
    name: 'log_batch, 8 clients, 10 metrics',
    path: 'runs/log-batch',
    clients: 8,
    ours: 80,
    peers: 16,
    points: batchOf(10),
  },
  { name: 'log_metric, 8 clients', path: 'runs/log-metric', clients: 8, ours: 1600, peers: 160, points: single },
]

/** Runs a workload on a run of its own for each client, after as many requests that do not count. */
export async function measure(server: TrackingServer, load: Workload, requestCount: number): Promise<LoadResult> {
  const runs = await Promise.all(Array.from({ length: load.clients }, () => newRun(server)))
  const warmCount = requestCount
  const bodies = Array.from({ length: warmCount + requestCount }, (_, request) =>
    bodyOf(load, runs[request % runs.length]!, load.points(request)),
  )
  const plan = { port: server.port, path: `/api/2.0/mlflow/${load.path}`, connectionCount: load.clients }
  await generate({ ...plan, bodies: bodies.slice(0, warmCount) })
  const result = await generate({ ...plan, bodies: bodies.slice(warmCount) })
  if (result.failure !== null) throw new Error(`${server.name}, ${load.name}: ${result.failure}`)
  return result
}

/** Milliseconds of each batch from before it is sent until a client has read a point of it. */
export async function measureUntilRead(server: TrackingServer, load: Workload, batchCount: number): Promise<number[]> {
  const run = await newRun(server)
  const at = `http://127.0.0.1:${server.port}/api/2.0/mlflow`
  const times: number[] = []
  for (let batch = 0; batch < batchCount; batch++) {
    const points = load.points(batch)
    const body = bodyOf(load, run, points)
    const startedAt = performance.now()
    await fetch(`${at}/${load.path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    const key = encodeURIComponent(`metric ${points[0]![0]}`)
    const history = await fetch(`${at}/metrics/get-history?run_id=${run}&metric_key=${key}`)
    const { metrics } = (await history.json()) as { metrics: readonly { readonly step: number }[] }
    times.push(performance.now() - startedAt)
    if (metrics.at(-1)?.step !== points.findLast(([metric]) => metric === points[0]![0])![1])
      throw new Error(`${server.name}, ${load.name}: what was acknowledged cannot be read`)
  }
  return times
}

/** Has a server fold what it has written, by a search: what one workload leaves is not in the way of the next. */
export async function letFold({ port }: TrackingServer): Promise<void> {
  await fetch(`http://127.0.0.1:${port}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_ids: ['0'], max_results: 1 }),
  })
}

async function newRun({ port }: TrackingServer): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/api/2.0/mlflow/runs/create`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_id: '0', start_time: startMs }),
  })
  const { run } = (await response.json()) as { run: { info: { run_id: string } } }
  return run.info.run_id
}

function bodyOf({ path }: Workload, run_id: string, points: readonly Point[]): string {
  const metrics = points.map(([metric, step, timestamp, value]) => ({
    key: `metric ${metric}`,
    value,
    timestamp,
    step,
  }))
  return JSON.stringify(path === 'runs/log-metric' ? { run_id, ...metrics[0] } : { run_id, metrics })
}

async function generate(plan: LoadPlan): Promise<LoadResult> {
  const generator = fork(new URL('load.ts', import.meta.url))
  generator.send(plan)
  const [result] = (await once(generator, 'message')) as [LoadResult]
  return result
}
