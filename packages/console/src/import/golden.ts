import { type SampleRow, type Signature } from '@evenkeel/contract'
import { z } from 'zod'

const Tensor = z.object({
  shape: z.array(z.int()),
  data: z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])),
})
const Golden = z.object({ inputs: z.record(z.string(), Tensor), outputs: z.record(z.string(), Tensor) })

/** Golden rows as a sample; undefined for a file that is something else. */
export function sampleOfGolden(content: unknown, { inputs, outputs }: Signature) {
  const golden = Golden.safeParse(content).data
  const answers = golden?.outputs[outputs[0]?.name ?? '']
  if (!golden || !answers) return undefined
  const rowCount = answers.shape[0] ?? 0
  const rows = Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(
      inputs.flatMap(({ name }) => (golden.inputs[name] ? [[name, rowOf(golden.inputs[name], row, rowCount)]] : [])),
    ),
  )
  return { rows, expected: rows.map((_, row) => rowOf(answers, row, rowCount)) }
}

function rowOf({ data }: z.infer<typeof Tensor>, row: number, rowCount: number): SampleRow[string] {
  const width = data.length / rowCount
  return width === 1 ? data[row]! : data.slice(row * width, (row + 1) * width)
}
