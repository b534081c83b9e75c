/**
 * Single-row predictions over HTTP: one node process, every prediction on the disk before its answer leaves, against a
 * bare JSON server on the same machine. Run: node bench/predict/bench.ts [--json] [--seconds 8] [--connections 48]
 */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { modestHeap } from '../../packages/cli/src/supervisor/modest-heap.ts'
import { artifact, endpoint, isServing, stateOf } from '../../packages/inference/src/testing-node.ts'
import { lineCount } from '../../packages/inference/src/recording/line-count.ts'
import { ControlPlane } from '../../packages/inference/src/testing.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { benchBodies, trainBenchModel } from './model.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '8' },
    connections: { type: 'string', default: '48' },
  },
})
const seconds = Number(values.seconds)
const connectionCount = Number(values.connections)
const target = { ratePerSecond: 10_000, p99MsAtHalfLoad: 15 }

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const bodies = benchBodies(1000)
let loadCount = 0

async function load(port: number, more: Partial<LoadPlan> = {}): Promise<LoadResult> {
  const generator = fork(path('load.ts'))
  const plan = {
    port,
    path: '/v2/models/bench/infer',
    bodies,
    idPrefix: `load${loadCount++}`,
    connectionCount,
    seconds,
    warmSeconds: 2,
  }
  generator.send({ ...plan, ...more } satisfies LoadPlan)
  const [result] = (await once(generator, 'message')) as [LoadResult]
  return result
}

interface Measured extends LoadResult {
  /** Processor time per answer, which neighbours on the machine change less than the rate; undefined outside of Linux. */
  readonly cpuUsPerAnswer: number | undefined
}

/** Closed loop, with the processor time of the server. */
async function measure(port: number, server: ChildProcess): Promise<Measured> {
  const before = cpuUs(server)
  const result = await load(port)
  const after = cpuUs(server)
  const used = before === undefined || after === undefined ? undefined : after - before
  return { ...result, cpuUsPerAnswer: used === undefined ? undefined : used / result.answerCount }
}

/** User and system time of a process in microseconds; Linux counts in hundredths of a second. */
function cpuUs({ pid }: ChildProcess): number | undefined {
  if (process.platform !== 'linux') return undefined
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) * 10_000
}

async function measureEcho(): Promise<Measured> {
  const server = fork(path('echo.ts'))
  const [port] = (await once(server, 'message')) as [number]
  await load(port, { seconds: 3 })
  const result = await measure(port, server)
  server.disconnect()
  return result
}

/** The real `main.ts`, started as `evenkeel up` does; the control plane beside it takes the records and counts them. */
async function startNode(plane: ControlPlane, folder: string): Promise<{ child: ChildProcess; port: number }> {
  const digest = plane.store(await trainBenchModel())
  plane.publish(stateOf(1, [endpoint('bench', { model: 'bench' })], [artifact(1, digest, { model: 'bench' })]))
  const env = {
    ...process.env,
    EVENKEEL_URL: plane.url,
    EVENKEEL_NODE: 'bench',
    EVENKEEL_NODE_FOLDER: folder,
    EVENKEEL_INFERENCE_PORT: '0',
    EVENKEEL_LOG_LEVEL: 'warn',
  }
  const child = spawn(process.execPath, [...modestHeap, path('../../packages/inference/src/main.ts')], {
    env,
    stdio: 'inherit',
  })
  await isServing(plane, 1)
  const { url } = plane.acks.at(-1)!
  return { child, port: Number(new URL(url).port) }
}

async function measureNode() {
  const plane = await ControlPlane.start()
  let recordCount = 0
  const counting = setInterval(() => (recordCount += takeRecords(plane)), 500)
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  const { child, port } = await startNode(plane, folder)
  const warm = await load(port, { seconds: 3 })
  const closed = await measure(port, child)
  const half = await load(port, { ratePerSecond: target.ratePerSecond / 2 })
  child.kill('SIGTERM')
  await once(child, 'exit')
  clearInterval(counting)
  recordCount += takeRecords(plane)
  await plane.stop()
  await rm(folder, { recursive: true })
  return { closed, half, recordCount, answerCount: warm.answerCount + closed.answerCount + half.answerCount }
}

function takeRecords(plane: ControlPlane): number {
  const count = [...plane.segments.values()].reduce((sum, text) => sum + lineCount(text), 0)
  plane.segments.clear()
  return count
}

const { closed, half, recordCount, answerCount } = await measureNode()
const echo = await measureEcho()
const result = {
  connectionCount,
  seconds,
  node: {
    ratePerSecond: closed.ratePerSecond,
    p50Ms: closed.p50Ms,
    p99Ms: closed.p99Ms,
    failureCount: closed.failureCount,
    cpuUsPerAnswer: closed.cpuUsPerAnswer,
  },
  halfLoad: {
    ratePerSecond: half.ratePerSecond,
    p50Ms: half.p50Ms,
    p99Ms: half.p99Ms,
    failureCount: half.failureCount,
  },
  echo: {
    ratePerSecond: echo.ratePerSecond,
    p50Ms: echo.p50Ms,
    p99Ms: echo.p99Ms,
    cpuUsPerAnswer: echo.cpuUsPerAnswer,
  },
  shareOfEcho: closed.ratePerSecond / echo.ratePerSecond,
  answerCount,
  recordCount,
  target,
  isMet:
    closed.ratePerSecond >= target.ratePerSecond &&
    half.p99Ms <= target.p99MsAtHalfLoad &&
    recordCount === answerCount &&
    closed.failureCount + half.failureCount === 0,
}

const ms = (value: number) => `${value.toFixed(2)} ms`
const line = (name: string, { ratePerSecond, p50Ms, p99Ms }: Pick<LoadResult, 'ratePerSecond' | 'p50Ms' | 'p99Ms'>) =>
  `${name.padEnd(34)}${Math.round(ratePerSecond).toLocaleString('en').padStart(8)} rps   p50 ${ms(p50Ms).padStart(9)}   p99 ${ms(p99Ms).padStart(9)}`

process.stdout.write(
  values.json
    ? `${JSON.stringify(result)}\n`
    : [
        line('node, durable, closed loop', closed),
        line('node, durable, 5,000 rps, open', half),
        line('bare node:http JSON server', echo),
        `The node does ${(result.shareOfEcho * 100).toFixed(0)} % of the bare server, with ${connectionCount} connections.`,
        `Processor time per answer: ${closed.cpuUsPerAnswer?.toFixed(0) ?? '?'} µs against ${echo.cpuUsPerAnswer?.toFixed(0) ?? '?'} µs.`,
        `Answered ${answerCount}, recorded and received ${recordCount}. Target ${result.isMet ? 'met' : 'missed'}: ${target.ratePerSecond} rps, p99 ${target.p99MsAtHalfLoad} ms at half load.`,
        '',
      ].join('\n'),
)
