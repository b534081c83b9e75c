/**
 * What searches cost over HTTP among 100,000 runs, beside MLflow's own server on SQLite with the same runs (PYTHON_MLFLOW
 * names a Python that has it). Run: node bench/tracking/search.ts [--json] [--runs 100000]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../packages/server/src/platform/postgres.ts'
import { fillMlflow, fillOurs } from './search-data.ts'
import { startMlflow, startOurs, type TrackingServer, whyNoMlflow } from './servers.ts'

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, runs: { type: 'string', default: '100000' } },
})
const runCount = Number(values.runs)
const target = { timesFasterThanMlflow: 20, p95Ms: 50 }

const bestFirst = { filter: 'metrics.acc > 0.5', order_by: ['metrics.acc DESC'], max_results: 100 }
const searches: Readonly<Record<string, object>> = {
  'newest 100': { max_results: 100 },
  'metrics.acc > 0.5, best first': bestFirst,
  'metrics.acc > 0.999, newest first': { filter: 'metrics.acc > 0.999', max_results: 100 },
  "tags.team = 'team7'": { filter: "tags.team = 'team7'", max_results: 100 },
  "params.optimizer = 'o1'": { filter: "params.optimizer = 'o1'", max_results: 100 },
  'metrics.acc > 0.5, best 1,000': { ...bestFirst, max_results: 1000 },
}

interface Times {
  readonly p50Ms: number
  readonly p95Ms: number
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)

async function search(
  { port, name }: TrackingServer,
  query: object,
): Promise<{ runs?: { info: { run_id: string } }[] }> {
  const response = await fetch(`http://127.0.0.1:${port}/api/2.0/mlflow/runs/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ experiment_ids: ['0'], ...query }),
  })
  if (!response.ok) throw new Error(`${name} answered ${response.status}: ${await response.text()}`)
  return (await response.json()) as { runs?: { info: { run_id: string } }[] }
}

/** A fifth of the requests goes before and does not count. */
async function measure(server: TrackingServer, query: object, count: number): Promise<Times> {
  const times: number[] = []
  for (let request = -Math.ceil(count / 5); request < count; request++) {
    const startedAt = performance.now()
    await search(server, query)
    if (request >= 0) times.push(performance.now() - startedAt)
  }
  times.sort((a, b) => a - b)
  return { p50Ms: times[Math.floor(count * 0.5)]!, p95Ms: times[Math.floor(count * 0.95)]! }
}

async function startFilledMlflow(folder: string): Promise<TrackingServer | undefined> {
  const whyNot = await whyNoMlflow()
  if (whyNot !== undefined) {
    print(`MLFLOW IS SKIPPED: ${whyNot}`)
    return undefined
  }
  const file = join(folder, 'mlflow.db')
  const server = await startMlflow('MLflow on SQLite', folder, `sqlite:///${file}`)
  await fillMlflow(file, runCount)
  return server
}

async function requireSame(ours: TrackingServer, mlflow: TrackingServer, query: object): Promise<void> {
  const idsOf = async (server: TrackingServer) =>
    ((await search(server, query)).runs ?? []).map(({ info }) => info.run_id).join()
  const found = await idsOf(ours)
  if (found !== '' && found === (await idsOf(mlflow))) return
  throw new Error(`The servers find different runs for ${JSON.stringify(query)}`)
}

async function measureAll(): Promise<Record<string, { ours: Times; mlflow: Times | null }>> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  const postgres = await startPostgres({ folder })
  const servers: TrackingServer[] = []
  try {
    const ours = await startOurs(folder, postgres.url)
    servers.push(ours)
    await search(ours, { experiment_ids: ['0'] })
    await fetch(`http://127.0.0.1:${ours.port}/api/2.0/mlflow/experiments/get?experiment_id=0`)
    await fillOurs(postgres.url, runCount)
    const mlflow = await startFilledMlflow(folder)
    if (mlflow) servers.push(mlflow)
    const rows: Record<string, { ours: Times; mlflow: Times | null }> = {}
    for (const [name, query] of Object.entries(searches)) {
      if (mlflow) await requireSame(ours, mlflow, query)
      rows[name] = { ours: await measure(ours, query, 40), mlflow: mlflow ? await measure(mlflow, query, 5) : null }
      if (!values.json) show(name, rows[name])
    }
    return rows
  } finally {
    for (const server of servers) await server.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function show(name: string, { ours, mlflow }: { ours: Times; mlflow: Times | null }): void {
  const shown = ({ p50Ms, p95Ms }: Times) => `p50 ${p50Ms.toFixed(1)} ms, p95 ${p95Ms.toFixed(1)} ms`
  print(`${name.padEnd(36)} ${shown(ours)}`)
  if (mlflow)
    print(`  MLflow on SQLite: ${shown(mlflow)}, ${(mlflow.p50Ms / ours.p50Ms).toFixed(1)} times as long as ours`)
}

const rows = await measureAll()
if (values.json) print(JSON.stringify({ runCount, rows, target }))
else print(`Bounds: ${target.timesFasterThanMlflow} times as fast as MLflow, p95 of ${target.p95Ms} ms at most.`)
