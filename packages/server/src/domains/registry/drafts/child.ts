import { InferenceSession, Tensor } from 'onnxruntime-node'
import { readFile } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { TrialAnswer, TrialInput, TrialJob, TrialOutput, Value } from './child-job.ts'

/** Runs a foreign model in a process of its own. Started by run-model.ts only, which ends it when it takes too long. */
const memoryMiB = Number(process.argv[2])
const mostValues = 1_000_000

const engine = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  enableCpuMemArena: false,
  logSeverityLevel: 4,
} as const satisfies InferenceSession.SessionOptions

// The engine holds this thread while it works; another one sees what it takes meanwhile.
new Worker(new URL('memory-guard.ts', import.meta.url), { workerData: memoryMiB }).once('message', () => {
  process.on('message', (job: TrialJob) => void answer(job).then((reply) => process.send!(reply)))
  process.send!({ ready: true })
})
process.on('disconnect', () => process.exit(0))

async function answer(job: TrialJob): Promise<TrialAnswer> {
  try {
    return await run(job)
  } catch (error) {
    return { reason: withoutPlace(error instanceof Error ? error.message : String(error)) }
  }
}

/** Where in its own source the engine says it helps nobody here. */
const withoutPlace = (message: string) =>
  message.replace(/^\/onnxruntime_src\S+:\d+ [^(]*\([^)]*\)(?: const)? /, '').trim()

async function run({ modelPath, inputs, rowCount, batchRows, outputs: names }: TrialJob): Promise<TrialAnswer> {
  const startedAt = performance.now()
  // As bytes: what the file says of files beside it leads to the empty folder that this process was started in.
  const session = await InferenceSession.create(await readFile(modelPath), engine)
  const loadMs = performance.now() - startedAt
  const found = new Map<string, Value[][]>(names.map((name) => [name, []]))
  const runMs: number[] = []
  // The first run of a session is slower than all others.
  await session.run(feedsOf(inputs, 0, Math.min(batchRows, rowCount)), [...names])
  for (let start = 0; start < rowCount; start += batchRows) {
    const end = Math.min(rowCount, start + batchRows)
    const feeds = feedsOf(inputs, start, end)
    const at = performance.now()
    const fetched = await session.run(feeds, [...names])
    runMs.push(performance.now() - at)
    for (const name of names) found.get(name)!.push(...rowsOf(name, fetched[name]!, end - start))
  }
  return { outputs: [...found].map(([name, values]): TrialOutput => ({ name, values })), loadMs, runMs }
}

function feedsOf(inputs: readonly TrialInput[], start: number, end: number): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {}
  for (const { name, type, rowShape, data } of inputs) {
    const width = rowShape.reduce((product, length) => product * length, 1)
    const part = data.slice(start * width, end * width)
    feeds[name] = new Tensor(type, part as Tensor.DataTypeMap[typeof type], [end - start, ...rowShape])
  }
  return feeds
}

function rowsOf(name: string, { data, dims, type }: Tensor, rowCount: number): Value[][] {
  if (rowCount > 1 && dims[0] !== rowCount)
    throw new Error(`The output "${name}" has the shape [${dims.join(', ')}] for ${rowCount} rows.`)
  if (data.length > mostValues) throw new Error(`The output "${name}" has ${data.length} values; try fewer rows.`)
  const width = data.length / rowCount
  const plain = Array.from(data as ArrayLike<unknown>, (value) => (type === 'bool' ? value === 1 : plainOf(value)))
  return Array.from({ length: rowCount }, (_, row) => plain.slice(row * width, (row + 1) * width))
}

function plainOf(value: unknown): Value {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return String(value)
}
