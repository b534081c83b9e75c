import './no-telemetry.ts'
import type { FeatureColumn } from '@evenkeel/numerics'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ScoreAnswer } from './score-worker.ts'
import { ConfigurationError } from './step.ts'

/** An ONNX model. */
export interface ScoredModel {
  /** Path of the file, or its content. */
  readonly model: string | Uint8Array
  /** How the model is called in an error. */
  readonly what: string
}

/** Rows for models to score; what is missing is `NaN` or the code -1. */
export interface ScoreTask {
  readonly models: readonly ScoredModel[]
  readonly columns: readonly FeatureColumn[]
  readonly rowCount: number
  readonly threadCount: number
}

/**
 * Scores rows with models as a node would, one model after the other. It happens in a thread of its own: onnxruntime
 * holds the one that calls it.
 *
 * @returns of each model the first output, one per row: the probability of class 1
 * @throws ConfigurationError when a model needs an input that there is no column for, or of another type
 */
export async function scoreInThread(task: ScoreTask): Promise<Float64Array[]> {
  const worker = new Worker(new URL('score-worker.ts', import.meta.url), { workerData: task })
  const [answer] = (await once(worker, 'message')) as [ScoreAnswer]
  if ('refusal' in answer) throw new ConfigurationError(answer.refusal)
  return answer.scores
}
