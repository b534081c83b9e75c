import { parse } from 'yaml'
import { z } from 'zod'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { LoggedFile } from '../download/folder.ts'

/** One row for a model of MLflow. */
export type Example =
  | {
      readonly kind: 'frame'
      readonly columns: readonly string[]
      readonly data: readonly (readonly unknown[])[]
      /** Types of pandas by column. */
      readonly dtypes: Readonly<Record<string, string>>
    }
  | { readonly kind: 'tensor'; readonly data: unknown; readonly dtype: string }

const Scalar = z.union([z.string(), z.number(), z.boolean(), z.null()])
const Frame = z.object({ columns: z.array(z.string()).min(1), data: z.array(z.array(Scalar)).min(1) })
const Served = z.object({ dataframe_split: Frame })
const MlModel = z.object({ signature: z.object({ inputs: z.string() }) })
const Column = z.object({ name: z.string(), type: z.string() })
const Tensors = z.tuple([
  z.object({
    type: z.literal('tensor'),
    'tensor-spec': z.object({ dtype: z.string().regex(/^[a-z]+\d*$/), shape: z.array(z.int()) }),
  }),
])

/** Types of columns in a signature of MLflow, as pandas calls them. */
const pandasTypes: Readonly<Record<string, string>> = {
  boolean: 'bool',
  integer: 'int32',
  long: 'int64',
  float: 'float32',
  double: 'float64',
  string: 'str',
}

/** Larger files are not read for the sake of one row. */
const mostBytes = 1024 ** 2

/** A row that was logged with a model, else zeros in the types of its signature; null when neither is there. */
export async function exampleOf(blobs: BlobStore, files: readonly LoggedFile[]): Promise<Example | null> {
  const signature = MlModel.safeParse(readYaml(await textOf(blobs, files, 'MLmodel'))).data?.signature
  const inputs = readYaml(signature?.inputs)
  const columns = z.array(Column).min(1).safeParse(inputs).data ?? []
  const dtypes = Object.fromEntries(
    columns.flatMap(({ name, type }) => (pandasTypes[type] ? [[name, pandasTypes[type]] as const] : [])),
  )
  const served = Served.safeParse(readYaml(await textOf(blobs, files, 'serving_input_example.json'))).data
  if (served) {
    const { columns: names, data } = served.dataframe_split
    const known = Object.entries(dtypes).filter(([name]) => names.includes(name))
    return { kind: 'frame', columns: names, data: data.slice(0, 1), dtypes: Object.fromEntries(known) }
  }
  if (columns.length > 0) return blankFrame(columns, dtypes)
  const tensor = Tensors.safeParse(inputs).data?.[0]['tensor-spec']
  return tensor ? { kind: 'tensor', data: blankTensor(tensor.shape), dtype: tensor.dtype } : null
}

const blankFrame = (columns: readonly z.infer<typeof Column>[], dtypes: Readonly<Record<string, string>>): Example => ({
  kind: 'frame',
  columns: columns.map(({ name }) => name),
  data: [columns.map(({ type }) => (type === 'string' ? '' : type === 'boolean' ? false : 0))],
  dtypes,
})

/** Zeros; nobody wants more of them in a line of code than a screen holds. */
function blankTensor([size = 1, ...rest]: readonly number[]): unknown {
  const length = Math.min(size < 0 ? 1 : size, 1000)
  return Array.from({ length }, () => (rest.length === 0 ? 0 : blankTensor(rest)))
}

async function textOf(blobs: BlobStore, files: readonly LoggedFile[], path: string): Promise<string | undefined> {
  const found = files.find((file) => file.path === path)
  return found && found.sizeBytes <= mostBytes ? (await blobs.bytes(found.digest)).toString() : undefined
}

/** YAML, of which JSON is a part; what people logged may be neither. */
function readYaml(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return parse(text, { maxAliasCount: 100 })
  } catch {
    return undefined
  }
}
