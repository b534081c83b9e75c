import './no-telemetry.ts'
import type { FeatureColumn } from '@evenkeel/numerics'
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ScoreAnswer } from './score-worker.ts'
import { ConfigurationError } from './step.ts'

/** Rows for an ONNX model to score; what is missing is `NaN` or the code -1. */
export interface ScoreTask {
  /** Path of the file, or its content. */
  readonly model: string | Uint8Array
  /** How the model is called in an error. */
  readonly what: string
  readonly columns: readonly FeatureColumn[]
  readonly rowCount: number
  readonly threadCount: number
}

/**
 * Scores rows with an ONNX model as a node would. It happens in a thread of its own: onnxruntime holds the one that
 * calls it, so two models would wait for each other.
 *
 * @returns the model's first output, one per row: the probability of class 1
 * @throws ConfigurationError when the model needs an input that there is no column for, or of another type
 */
export async function scoreModel(task: ScoreTask): Promise<Float64Array> {
  const worker = new Worker(new URL('score-worker.ts', import.meta.url), { workerData: task })
  const [answer] = (await once(worker, 'message')) as [ScoreAnswer]
  if ('refusal' in answer) throw new ConfigurationError(answer.refusal)
  return answer.scores
}
