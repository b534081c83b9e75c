import { z } from 'zod'
import { plural } from '../plural.ts'
import { InspectionError } from './error.ts'

/** One tensor of a safetensors file. */
export interface TensorSummary {
  readonly name: string
  readonly dtype: string
  readonly shape: readonly number[]
}

/** What a header says; the numbers are not read. */
export interface SafetensorsSummary {
  readonly tensors: readonly TensorSummary[]
  readonly parameterCount: number
  readonly metadata: Readonly<Record<string, string>>
}

const largestHeaderBytes = 100_000_000
const Tensor = z.object({
  dtype: z.string(),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})
const Metadata = z.record(z.string(), z.string())

/** How many bytes of the file its header needs. @throws InspectionError when that cannot be */
export function safetensorsHeaderBytes(head: Uint8Array): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const length = head.length < 8 ? NaN : Number(view.getBigUint64(0, true))
  if (length >= 2 && length <= largestHeaderBytes) return 8 + length
  throw new InspectionError('It is no safetensors file: its header cannot be that long.')
}

/**
 * Reads the header of a safetensors file.
 *
 * @param head - the file, or its first bytes with the whole header
 * @param sizeBytes - of the whole file: every tensor must lie in it
 * @throws InspectionError
 * @see https://huggingface.co/docs/safetensors
 */
export function readSafetensors(head: Uint8Array, sizeBytes = head.length): SafetensorsSummary {
  const start = safetensorsHeaderBytes(head)
  if (head.length < start) throw new InspectionError('The safetensors file ends within its header.')
  const header = parse(head.subarray(8, start))
  const { __metadata__: metadata = {}, ...others } = header
  const tensors = Object.entries(others).map(([name, told]) => tensorOf(name, told, sizeBytes - start))
  return {
    tensors,
    parameterCount: tensors.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0),
    metadata: Metadata.catch({}).parse(metadata),
  }
}

function parse(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(new TextDecoder().decode(bytes)))
  } catch (error) {
    throw new InspectionError('The header of the safetensors file is not JSON.', { cause: error })
  }
}

function tensorOf(name: string, told: unknown, dataBytes: number): TensorSummary {
  const { data, error } = Tensor.safeParse(told)
  if (error) throw new InspectionError(`The tensor "${name}" of the safetensors file says no type and shape.`)
  const [from, until] = data.data_offsets
  if (from > until || until > dataBytes)
    throw new InspectionError(`The tensor "${name}" of the safetensors file lies outside of it.`)
  return { name, dtype: data.dtype, shape: data.shape }
}

const Config = z.looseObject({ architectures: z.array(z.string()).optional(), model_type: z.string().optional() })

/**
 * @param config - text of the `config.json` of Hugging Face that lies beside the file, where there is one
 * @returns as in `safetensors: 5 tensors with 1,234 numbers of F32, DistilBertForSequenceClassification`
 */
export function safetensorsWords(
  { tensors, parameterCount }: Pick<SafetensorsSummary, 'tensors' | 'parameterCount'>,
  config?: string,
): string {
  const types = typesOf(tensors)
  const network = config === undefined ? undefined : networkOf(config)
  const holds = `safetensors: ${plural(tensors.length, 'tensor')} with ${parameterCount.toLocaleString('en')} numbers of ${types || 'no type'}`
  return network === undefined ? holds : `${holds}, for ${network}`
}

/** Types of the numbers, as in `F32, I64`. */
export const typesOf = (tensors: readonly TensorSummary[]): string =>
  [...new Set(tensors.map(({ dtype }) => dtype))].toSorted().join(', ')

/** The network that a `config.json` of Hugging Face names; undefined when it names none. */
export function networkOf(config: string): string | undefined {
  try {
    const { architectures, model_type: type } = Config.parse(JSON.parse(config))
    return architectures?.join(', ') ?? type
  } catch {
    return undefined
  }
}
