import { InferenceSession, Tensor } from 'onnxruntime-node'
import type { InputColumn } from './holdout.ts'
import { ConfigurationError } from './step.ts'

const batchRows = 10_000
// Threads that wait in a loop take the cores from those that work.
const noSpinning = { session: { intra_op: { allow_spinning: '0' } } }

/**
 * Scores rows with an ONNX model as a node would.
 *
 * @param model - path of the file, or its content
 * @param what - how the model is called in an error
 * @returns the model's first output, one per row: the probability of class 1
 * @throws ConfigurationError when the model needs an input that there is no column for, or of another type
 */
export async function scoreModel(
  model: string | Uint8Array,
  what: string,
  columns: ReadonlyMap<string, InputColumn>,
  rowCount: number,
): Promise<Float64Array> {
  const options = { intraOpNumThreads: 2, extra: noSpinning }
  const session = await (typeof model === 'string'
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options))
  try {
    const inputs = session.inputMetadata.map(({ name, ...metadata }) => {
      const type = metadata.isTensor ? metadata.type : 'no tensor'
      return { name, column: columnFor(what, name, type, columns) }
    })
    const scores = new Float64Array(rowCount)
    for (let start = 0; start < rowCount; start += batchRows) {
      const end = Math.min(rowCount, start + batchRows)
      const feeds = Object.fromEntries(inputs.map(({ name, column }) => [name, tensorOf(column, start, end)]))
      const answer = await session.run(feeds)
      scores.set(answer[session.outputNames[0]!]!.data as Float32Array, start)
    }
    return scores
  } finally {
    await session.release()
  }
}

function columnFor(what: string, name: string, type: string, columns: ReadonlyMap<string, InputColumn>): InputColumn {
  const column = columns.get(name)
  const offered = column instanceof Float32Array ? 'float32' : 'string'
  if (column && offered === type) return column
  const there = column ? `there it is ${offered}` : 'there is no such column'
  throw new ConfigurationError(
    `${what} needs the input "${name}" (${type}), but in the training set ${there}; add it to the features.`,
  )
}

function tensorOf(column: InputColumn, start: number, end: number): Tensor {
  const shape = [end - start, 1]
  return column instanceof Float32Array
    ? new Tensor('float32', column.subarray(start, end), shape)
    : new Tensor('string', column.slice(start, end), shape)
}
