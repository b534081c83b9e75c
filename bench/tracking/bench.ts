/**
 * What logging costs over HTTP: batches of 1,000 metrics, metrics one by one, eight clients at once, beside a bare COPY of
 * the same points and MLflow's own server on SQLite and on the same PostgreSQL (PYTHON_MLFLOW names a Python that has it).
 * Ours folds points after it has acknowledged them, so what a batch costs until it can be read is told too.
 * Then what files cost, which `artifacts.ts` says.
 * Run: node bench/tracking/bench.ts [--files-only] [--file-mib 1024] [--json]
 */
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startPostgres } from '../../packages/server/src/platform/postgres.ts'
import { measureFiles, showFiles } from './artifacts.ts'
import { measureCopies } from './copy.ts'
import { startMlflow, startOurs, type TrackingServer, whyNoMlflow } from './servers.ts'
import { letFold, measure, measureUntilRead, type Workload, workloads } from './workloads.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    'files-only': { type: 'boolean', default: false },
    'file-mib': { type: 'string', default: '1024' },
  },
})
const target = { timesFasterThanMlflow: 10, timesOfCopy: 3 }

interface Row {
  readonly name: string
  readonly oursMs: number
  /** Until what was written is folded, and read by a client; null when it is not measured. */
  readonly untilReadMs: number | null
  readonly copyMs: number | null
  /** Milliseconds by peer. */
  readonly peersMs: Readonly<Record<string, number>>
}

const print = (text: string): void => void process.stdout.write(`${text}\n`)
const median = (times: readonly number[]) => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!

/** With one client the median answer; with several the time that each request took of the whole. */
async function requestMs(server: TrackingServer, load: Workload, count: number): Promise<number> {
  const { p50Ms, seconds } = await measure(server, load, count)
  return load.clients === 1 ? p50Ms : (seconds * 1000) / count
}

const isBatchAlone = ({ path, clients }: Workload) => path === 'runs/log-batch' && clients === 1

async function copyMs(url: string, load: Workload): Promise<number | null> {
  if (!isBatchAlone(load)) return null
  return median(
    await measureCopies(
      url,
      Array.from({ length: load.ours }, (_, request) => load.points(request)),
    ),
  )
}

/** What is started is handed to `started` at once, so that it is stopped whatever happens then. */
async function startPeers(folder: string, databaseUrl: string, started: (peer: TrackingServer) => void): Promise<void> {
  const whyNot = await whyNoMlflow()
  if (whyNot !== undefined) return print(`MLFLOW IS SKIPPED: ${whyNot}`)
  started(await startMlflow('MLflow on SQLite', folder, `sqlite:///${join(folder, 'mlflow.db')}`))
  const whyNoDriver = await whyNoMlflow('psycopg2')
  if (whyNoDriver !== undefined) return print(`MLFLOW ON POSTGRESQL IS SKIPPED: ${whyNoDriver}`)
  started(await startMlflow('MLflow on PostgreSQL', folder, await newDatabase(databaseUrl, 'mlflow')))
}

async function newDatabase(url: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const other = new URL(url)
  other.pathname = name
  return other.href.replace('postgres://', 'postgresql+psycopg2://')
}

async function measureAll(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  const postgres = await startPostgres({ folder })
  const servers: TrackingServer[] = []
  try {
    const ours = await startOurs(folder, postgres.url)
    servers.push(ours)
    await startPeers(folder, postgres.url, (peer) => servers.push(peer))
    const rows: Row[] = []
    for (const load of workloads) rows.push(await measureRow(postgres.url, load, ours, servers.slice(1)))
    return rows
  } finally {
    for (const server of servers) await server.stop()
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureRow(
  databaseUrl: string,
  load: Workload,
  ours: TrackingServer,
  peers: readonly TrackingServer[],
): Promise<Row> {
  const peersMs: Record<string, number> = {}
  for (const peer of peers) peersMs[peer.name] = await requestMs(peer, load, load.peers)
  // COPY before and after ours: on a machine that others use too, the one nearest in time is the fair one.
  const before = await copyMs(databaseUrl, load)
  const oursMs = await requestMs(ours, load, load.ours)
  const after = await copyMs(databaseUrl, load)
  const untilReadMs = isBatchAlone(load) ? median(await measureUntilRead(ours, load, load.ours)) : null
  await letFold(ours)
  return {
    name: load.name,
    oursMs,
    untilReadMs,
    copyMs: before === null || after === null ? null : (before + after) / 2,
    peersMs,
  }
}

function show(rows: readonly Row[]): void {
  const ms = (value: number) => `${value.toFixed(2)} ms`
  for (const { name, oursMs, untilReadMs, copyMs: copy, peersMs } of rows) {
    print(`${name.padEnd(40)} ${ms(oursMs)} a request, whose points are folded afterwards`)
    if (untilReadMs !== null) print(`  until a client has read them, so with the fold: ${ms(untilReadMs)}`)
    if (copy !== null)
      print(`  a bare COPY of the same points: ${ms(copy)}; ours takes ${(oursMs / copy).toFixed(1)} times as long`)
    for (const [peer, peerMs] of Object.entries(peersMs))
      print(`  ${peer}: ${ms(peerMs)}, ${(peerMs / oursMs).toFixed(1)} times as long as ours`)
  }
  print(
    `Bounds: ${target.timesFasterThanMlflow} times as fast as MLflow, ${target.timesOfCopy} times a bare COPY at most.`,
  )
}

const rows = values['files-only'] ? [] : await measureAll()
if (!values.json && rows.length > 0) show(rows)
const files = await measureFiles(Number(values['file-mib']))
if (values.json) print(JSON.stringify({ rows, target, files }))
else showFiles(files)
// Searches follow, as a program of its own: `node bench/tracking/search.ts` runs them alone.
if (!values['files-only']) {
  const args = [fileURLToPath(new URL('search.ts', import.meta.url)), ...(values.json ? ['--json'] : [])]
  spawnSync(process.execPath, args, { stdio: 'inherit' })
}
