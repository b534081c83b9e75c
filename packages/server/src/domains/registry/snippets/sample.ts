import type { ModelVersion } from '@evenkeel/contract'
import { z } from 'zod'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'

/** A tensor as a request of the Open Inference Protocol spells it; null is a missing number. */
export interface SampleTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly data: readonly (number | string | boolean | null)[]
}

/** One row that a model takes. */
export interface Sample {
  /** `golden`: the trainer gave the outputs; `typical`: values of the training data, as far as they are known. */
  readonly source: 'golden' | 'typical'
  readonly inputs: readonly SampleTensor[]
  /** Empty where nobody knows them. */
  readonly outputs: readonly SampleTensor[]
}

type Signature = NonNullable<ModelVersion['signature']>
type Field = Signature['inputs'][number]

const Tensor = z.object({
  datatype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data: z.array(z.union([z.number(), z.string(), z.boolean(), z.null()])),
})
const Golden = z.object({ inputs: z.record(z.string(), Tensor), outputs: z.record(z.string(), Tensor) })
type Golden = z.infer<typeof Golden>

/** Samples that are larger are not read for the sake of one row. */
const mostBytes = 16 * 1024 ** 2

/** A row that the version was proved on, else one of typical values; null for a version that has no signature. */
export async function sampleOf(
  blobs: BlobStore,
  { golden, signature, baselines }: Pick<ModelVersion, 'golden' | 'signature' | 'baselines'>,
): Promise<Sample | null> {
  if (!signature) return null
  const proved = golden === null ? undefined : await readGolden(blobs, golden)
  const row = proved && rowOf(proved, signature)
  return row ?? { source: 'typical', inputs: signature.inputs.map((field) => typical(field, baselines)), outputs: [] }
}

/** What a trainer sent is not ours: what cannot be read as samples is none. */
async function readGolden(blobs: BlobStore, digest: string): Promise<Golden | undefined> {
  if ((await blobs.stat(digest)).sizeBytes > mostBytes) return undefined
  const text = (await blobs.bytes(digest)).toString()
  return Golden.safeParse(parseJson(text)).data
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The first row without a missing value, else the first; all rows where a model does not take them one by one. */
function rowOf({ inputs, outputs }: Golden, signature: Signature): Sample | undefined {
  const tensors = signature.inputs.map(({ name }) => inputs[name])
  if (tensors.some((tensor) => tensor === undefined)) return undefined
  const all = [...Object.values(inputs), ...Object.values(outputs)]
  const rowCount = all[0]?.shape[0] ?? 0
  const isBatch =
    signature.inputs.every(({ shape }) => shape[0] === -1) && all.every(({ shape }) => shape[0] === rowCount)
  if (rowCount === 0) return undefined
  const rows = Array.from({ length: rowCount }, (_, at) => at)
  const row = rows.find((at) => Object.values(inputs).every((tensor) => !cut(tensor, at).includes(null))) ?? 0
  const present = (part: Golden['inputs']) =>
    Object.entries(part).map(([name, { datatype, shape, data }]) =>
      isBatch
        ? { name, datatype, shape: [1, ...shape.slice(1)], data: cut({ shape, data }, row) }
        : { name, datatype, shape, data },
    )
  return { source: 'golden', inputs: present(inputs), outputs: present(outputs) }
}

/** The values of one row. */
function cut({ shape, data }: Pick<SampleTensor, 'shape' | 'data'>, row: number): SampleTensor['data'] {
  const width = shape.slice(1).reduce((product, size) => product * size, 1)
  return data.slice(row * width, (row + 1) * width)
}

function typical({ name, datatype, shape }: Field, baselines: ModelVersion['baselines']): SampleTensor {
  const baseline = baselines.find(({ feature }) => feature === name)
  const whole = shape.map((size) => (size < 0 ? 1 : size))
  const length = whole.reduce((product, size) => product * size, 1)
  return {
    name,
    datatype,
    shape: whole,
    data: Array<number | string | boolean>(length).fill(valueOf(datatype, baseline)),
  }
}

/** A value as the training data had it: the mean, or the most frequent category. */
function valueOf(datatype: Field['datatype'], baseline: ModelVersion['baselines'][number] | undefined) {
  if (datatype === 'BYTES') return baseline?.categories?.values[0] ?? ''
  if (datatype === 'BOOL') return false
  const mean = baseline?.mean ?? 0
  return /^U?INT/.test(datatype) ? Math.round(mean) : Number(mean.toPrecision(4))
}
