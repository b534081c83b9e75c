/**
 * What the engine costs per local step: graphs of `true` on a real platform with its own PostgreSQL, each step a process
 * with a folder, a token, a log and rows of its own; beside it bare spawns, and other orchestrators on the same graphs
 * where Python has them (PYTHON, or PYTHON_DAGSTER, PYTHON_PREFECT, PYTHON_ZENML). Run: node bench/pipeline/bench.ts [--json] [--steps 100] [--fan-out 1000]
 */
import { once } from 'node:events'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startLocal } from '../../packages/cli/src/supervisor/index.ts'
import { measurePeers, type Peer } from './peers.ts'
import { createRunner } from './runs.ts'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    steps: { type: 'string', default: '100' },
    'fan-out': { type: 'string', default: '1000' },
  },
})
const stepCount = Number(values.steps)
const fanOutCount = Number(values['fan-out'])
const target = { stepMs: 50, cachedStepMs: 10, fanOutSeconds: 10, timesFasterThanPeers: 10 }

/** Milliseconds of one process of `true`, one after the other. */
async function bareSpawn(): Promise<number> {
  const startedAt = performance.now()
  for (let i = 0; i < stepCount; i++) await once(spawn('true'), 'exit')
  return (performance.now() - startedAt) / stepCount
}

async function measureOurs() {
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-bench-'))
  const local = await startLocal({ folder, port: 7190, inferencePort: 7191, onProgress: () => {} })
  try {
    const runner = createRunner(local.url)
    await runner.run('warm', 'parallel', 20)
    const sequential = await runner.run('sequential', 'sequential', stepCount)
    const cached = await runner.run('sequential', 'sequential', stepCount)
    const parallel = await runner.run('parallel', 'parallel', stepCount)
    const fanOut = await runner.run('fan-out', 'parallel', fanOutCount)
    return { sequential, cached, parallel, fanOut }
  } finally {
    await local.stop()
    await rm(folder, { recursive: true })
  }
}

const spawnMs = await bareSpawn()
const ours = await measureOurs()
const peers = await measurePeers(stepCount)
const best = (of: readonly Peer[]) => Math.min(...of.map(({ sequentialMs }) => sequentialMs ?? Infinity))
const bestWithProcesses = best(peers.filter(({ steps }) => steps === 'processes'))
const fanOutOverheadSeconds = ours.fanOut.seconds - (fanOutCount * spawnMs) / 1000
const ratioTo = (peerMs: number) => (Number.isFinite(peerMs) ? peerMs / ours.sequential.medianStepMs : null)
const result = {
  stepCount,
  fanOutCount,
  spawnMs,
  ours,
  peers,
  fanOutOverheadSeconds,
  timesFasterThanPeersWithProcesses: ratioTo(bestWithProcesses),
  timesFasterThanPeersWithFunctions: ratioTo(best(peers.filter(({ steps }) => steps === 'functions'))),
  target,
}

const print = (text: string) => process.stdout.write(`${text}\n`)
const ms = (value: number) => `${value.toFixed(1)} ms`
if (values.json) print(JSON.stringify(result))
else {
  const { sequential, cached, parallel, fanOut } = ours
  print(`bare spawn of true          ${ms(spawnMs)} each
${stepCount} steps in a row           ${ms(sequential.medianStepMs)} a step (median), ${sequential.seconds.toFixed(2)} s in all
the same, all reused        ${ms((cached.seconds * 1000) / stepCount)} a step, ${cached.seconds.toFixed(2)} s in all
${stepCount} steps side by side       ${ms((parallel.seconds * 1000) / stepCount)} a step, ${parallel.seconds.toFixed(2)} s in all
fan-out of ${fanOutCount}             ${fanOut.seconds.toFixed(1)} s in all, ${fanOutOverheadSeconds.toFixed(1)} s beyond bare spawns; the Loop page's data in ${ms(fanOut.pageMs.p50)} (p50), ${ms(fanOut.pageMs.p95)} (p95) meanwhile`)
  for (const { name, steps, sequentialMs, parallelMs, skipped } of peers) {
    const beside = parallelMs === undefined ? '' : `, ${ms(parallelMs)} side by side`
    print(
      skipped === undefined
        ? `${name} (${steps}): ${ms(sequentialMs!)} a step in a row${beside}`
        : `${name} (${steps}): skipped, ${skipped}`,
    )
  }
  const { timesFasterThanPeersWithProcesses: processes, timesFasterThanPeersWithFunctions: functions } = result
  const times = (ratio: number | null) => (ratio === null ? 'none is installed' : `${ratio.toFixed(1)} times as long`)
  print(`Bounds: ${target.stepMs} ms a step, ${target.cachedStepMs} ms a reused one, ${target.fanOutSeconds} s for the fan-out.
The best peer with a process for each step takes: ${times(processes)}; the best that calls functions: ${times(functions)}.`)
}
