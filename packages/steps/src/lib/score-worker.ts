import type { FeatureColumn } from '@evenkeel/numerics'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { parentPort, workerData } from 'node:worker_threads'
import type { ScoredModel, ScoreTask } from './score-in-thread.ts'

/** `refusal` says which input a model needs that is not there. */
export type ScoreAnswer = { readonly scores: Float64Array<ArrayBuffer>[] } | { readonly refusal: string }

// Few enough for what a row turns into inside of the model to stay in the cache.
const batchRows = 1000
// Threads that wait in a loop take the cores from those that work.
const noSpinning = { session: { intra_op: { allow_spinning: '0' } } }

async function answer({ models, ...rows }: ScoreTask): Promise<ScoreAnswer> {
  const scores = []
  for (const model of models) {
    const found = await scoresOf(model, rows)
    if (typeof found === 'string') return { refusal: found }
    scores.push(found)
  }
  return { scores }
}

/** @returns the scores, or why there are none */
async function scoresOf({ model, what }: ScoredModel, { columns, rowCount, threadCount }: Omit<ScoreTask, 'models'>) {
  const options = { intraOpNumThreads: threadCount, extra: noSpinning }
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options))
  try {
    const byName = new Map(columns.map((column) => [column.name, column]))
    const needs = session.inputMetadata.map(({ name, ...metadata }) => {
      return { name, type: metadata.isTensor ? metadata.type : 'no tensor', column: byName.get(name) }
    })
    const missing = needs.find(({ type, column }) => type !== offeredBy(column))
    if (missing) return refusalOf(what, missing.name, missing.type, missing.column)
    const inputs = needs.map(({ column }) => column!)
    return await score(session, inputs, rowCount)
  } finally {
    await session.release()
  }
}

async function score(session: InferenceSession, columns: readonly FeatureColumn[], rowCount: number) {
  const scores = new Float64Array(rowCount)
  for (let start = 0; start < rowCount; start += batchRows) {
    const end = Math.min(rowCount, start + batchRows)
    const feeds = Object.fromEntries(columns.map((column) => [column.name, tensorOf(column, start, end)]))
    const answers = await session.run(feeds)
    scores.set(answers[session.outputNames[0]!]!.data as Float32Array, start)
  }
  return scores
}

const offeredBy = (column: FeatureColumn | undefined): string | undefined =>
  column && (column.kind === 'numerical' ? 'float32' : 'string')

function refusalOf(what: string, name: string, type: string, column: FeatureColumn | undefined): string {
  const there = column ? `there it is ${offeredBy(column)}` : 'there is no such column'
  return `${what} needs the input "${name}" (${type}), but in the training set ${there}; add it to the features.`
}

function tensorOf(column: FeatureColumn, start: number, end: number): Tensor {
  const shape = [end - start, 1]
  if (column.kind === 'numerical')
    return new Tensor('float32', Float32Array.from(column.values.subarray(start, end)), shape)
  // The model takes a text that it does not know for missing, and the empty text is none that it knows.
  const texts = Array.from(column.codes.subarray(start, end), (code) => column.categories[code] ?? '')
  return new Tensor('string', texts, shape)
}

parentPort!.postMessage(await answer(workerData as ScoreTask))
