import '../../packages/inference/src/models/no-telemetry.ts'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { TreeDataset } from '../../packages/numerics/src/trees/index.ts'

/** Median microseconds per call at a batch size. */
export interface ScoringTime {
  readonly batchSize: number
  readonly medianUs: number
}

const sessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  extra: { session: { intra_op: { allow_spinning: '0' } } },
} as const

/** Times an exported model in onnxruntime on rows of a data set, other ones in each call. */
export async function timeScoring(
  bytes: Uint8Array,
  dataset: TreeDataset,
  batchSizes: number[],
): Promise<ScoringTime[]> {
  const session = await InferenceSession.create(bytes, sessionOptions)
  const times: ScoringTime[] = []
  for (const batchSize of batchSizes) {
    const calls = Math.max(50, Math.min(4000, Math.floor(100_000 / batchSize)))
    const lastStart = dataset.labels.length - batchSize
    const feeds = Array.from({ length: calls }, (_, call) => feedsOf(dataset, (call * 7919) % lastStart, batchSize))
    const microseconds: number[] = []
    for (const feed of feeds) {
      const begin = performance.now()
      await session.run(feed)
      microseconds.push(1000 * (performance.now() - begin))
    }
    // The first half warms up.
    const warm = microseconds.slice(calls / 2).sort((a, b) => a - b)
    times.push({ batchSize, medianUs: warm[Math.floor(warm.length / 2)]! })
  }
  await session.release()
  return times
}

function feedsOf({ features }: TreeDataset, start: number, count: number): Record<string, Tensor> {
  const end = start + count
  return Object.fromEntries(
    features.map((column) => {
      if (column.kind === 'numerical') {
        return [column.name, new Tensor('float32', Float32Array.from(column.values.subarray(start, end)), [count, 1])]
      }
      const texts = Array.from(column.codes.subarray(start, end), (code) => column.categories[code] ?? '')
      return [column.name, new Tensor('string', texts, [count, 1])]
    }),
  )
}
