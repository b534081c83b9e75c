import '../no-telemetry.ts'
import { isNear } from '@evenkeel/contract/sameness'
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { differs, equal, type Finding } from './finding.ts'

const GoldenTensor = z.object({
  datatype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data: z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])),
})

/** Sample inputs of a model. What else the file holds is for the nodes. */
const Golden = z.object({ inputs: z.record(z.string(), GoldenTensor) })

/** Scores the golden rows with two models. @param golden - path of the golden file; undefined when there is none */
export async function compareModels(
  before: string,
  after: string,
  { golden, tolerance }: { readonly golden: string | undefined; readonly tolerance: number },
): Promise<Finding> {
  if (golden === undefined) return differs('The bytes differ, and there are no golden rows to score with both models.')
  const { inputs } = Golden.parse(JSON.parse(await readFile(golden, 'utf8')))
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, tensorOf(tensor)]))
  const [a, b] = [await answersOf(before, feeds), await answersOf(after, feeds)]
  if (typeof b === 'string') return differs(`It cannot score the golden rows: ${b}`)
  if (typeof a === 'string') return differs(`The model of then cannot score the golden rows any more: ${a}`)
  return compareAnswers(a, b, tolerance)
}

type Answers = Readonly<Record<string, ArrayLike<unknown>>>

/** @returns the outputs, or why there are none */
async function answersOf(path: string, feeds: Record<string, Tensor>): Promise<Answers | string> {
  try {
    const session = await InferenceSession.create(path, { intraOpNumThreads: 1 })
    const outputs = await session.run(feeds)
    await session.release()
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data as ArrayLike<unknown>]))
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

function compareAnswers(before: Answers, after: Answers, tolerance: number): Finding {
  let gap = { width: 0, at: '' }
  for (const [output, expected] of Object.entries(before)) {
    const got = after[output]
    if (got?.length !== expected.length) return differs(`The output "${output}" is not there, or of another shape.`)
    for (let at = 0; at < expected.length; at++) {
      const [x, y] = [expected[at], got[at]]
      const width = Math.abs(Number(x) - Number(y))
      if (!(typeof x === 'number' && typeof y === 'number' ? isNear(x, y, tolerance) : Object.is(x, y)))
        return differs(`The score ${at} of "${output}" on golden rows: ${String(x)} and ${String(y)}.`, {
          width,
          at: '',
        })
      if (width > gap.width) gap = { width, at: `, in the output "${output}"` }
    }
  }
  return equal('Scores of the golden rows', gap)
}

/** Null is a number that is missing. */
function tensorOf({ datatype, shape, data }: z.output<typeof GoldenTensor>): Tensor {
  const numbers = () => data.map((value) => (value === null ? NaN : Number(value)))
  switch (datatype) {
    case 'BYTES':
      return new Tensor('string', data.map(String), shape)
    case 'BOOL':
      return new Tensor('bool', data.map(Boolean), shape)
    case 'FP64':
      return new Tensor('float64', Float64Array.from(numbers()), shape)
    case 'INT64':
      return new Tensor('int64', BigInt64Array.from(numbers(), BigInt), shape)
    case 'INT32':
      return new Tensor('int32', Int32Array.from(numbers()), shape)
    default:
      return new Tensor('float32', Float32Array.from(numbers()), shape)
  }
}
