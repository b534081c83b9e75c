import { latin1 } from './cursor.ts'
import { InspectionError } from './error.ts'
import { type PickleContent, readPickle, type Use } from './pickle.ts'
import { readSafetensors, safetensorsWords, type TensorSummary } from './safetensors.ts'
import { readSkops } from './skops.ts'
import { trustOf, type Trust } from './trust.ts'
import { packingOf, type Packing, unpack } from './unpack.ts'
import { type Import, nameOf } from './values.ts'
import { estimatorsOf, libraryOf, wordsOf } from './words.ts'
import { contentOf, entriesOf } from './zip.ts'

/** Formats of files that Python's libraries write, and that are looked at without loading them. */
export type PythonFormat = 'pickle' | 'skops' | 'pytorch' | 'keras' | 'zip' | 'safetensors'

/** Something that loading a file would import. */
export interface ImportFound {
  /** As in `sklearn.pipeline.Pipeline`. */
  readonly name: string
  /** `called` runs it, `made` makes an object of a class, `named` does neither. */
  readonly uses: readonly Use[]
  readonly trust: Trust
}

/** What a file is, and what loading it would do. */
export interface ModelInspection {
  readonly format: PythonFormat
  /** As in `a scikit-learn Pipeline of StandardScaler, RandomForestClassifier, scikit-learn 1.9.1`. */
  readonly says: string
  readonly packing: Packing | null
  /** Of the pickle; null for what is none. */
  readonly protocol: number | null
  /** Versions by the name of the library, where the file says them. */
  readonly versions: Readonly<Record<string, string>>
  /** Full names of the classes of estimators, the outermost first. */
  readonly estimators: readonly string[]
  readonly imports: readonly ImportFound[]
  /** What loading it would do that models do not, each a sentence. */
  readonly oddities: readonly string[]
  readonly tensors: readonly TensorSummary[]
}

const empty = {
  packing: null,
  protocol: null,
  versions: {},
  estimators: [],
  imports: [],
  oddities: [],
  tensors: [],
} as const satisfies Partial<ModelInspection>

/** Whether a file is one to inspect, by its first bytes (64 are enough). */
export function isPythonFile(head: Uint8Array): boolean {
  const text = latin1(head.subarray(0, 64))
  return isPickle(text) || packingOf(head) !== undefined || text.startsWith('PK\x03\x04') || isSafetensors(head)
}

const isPickle = (text: string): boolean => isMarked(text) || unmarked.test(text)

const isMarked = (text: string): boolean => text[0] === '\x80' && text.charCodeAt(1) >= 2 && text.charCodeAt(1) <= 5

/** Protocols 0 and 1 have no mark of their own: an import, or a container, comes first. */
const unmarked = /^(c[\w.]+\n[\w.]+\n|\((?:[dl]p?\d|i[\w.]+\n)|[\]}]q\0)/

/** What is known beside the bytes. */
interface Beside {
  /** Text of the `config.json` of Hugging Face, where there is one. */
  readonly config?: string | undefined
  /** Of the whole file, when the bytes are only the header of safetensors. */
  readonly sizeBytes?: number | undefined
}

/**
 * Looks at a file of one of Python's libraries without loading it: bounded in memory and time, also for a hostile one.
 *
 * @throws InspectionError when it cannot be read; the message says why
 */
export async function inspectModel(file: Uint8Array, beside: Beside = {}): Promise<ModelInspection> {
  const packing = packingOf(file) ?? null
  const bytes = packing === null ? file : await unpack(file, packing)
  const text = latin1(bytes.subarray(0, 64))
  if (text.startsWith('PK\x03\x04')) return { ...(await inspectZip(bytes)), packing }
  if (text.startsWith(oldPytorch)) return { ...inOldPytorch, packing }
  if (isPickle(text)) return { ...pickled(readPickle(bytes, 'joblib'), 'pickle'), packing }
  if (isSafetensors(bytes)) return { ...tensorsOf(bytes, beside), packing }
  throw new InspectionError(`${packing === null ? 'It' : `What is packed with ${packing}`} is no pickle.`)
}

/** What PyTorch wrote before 1.6: its magic number as a pickle, more pickles, then numbers. */
const oldPytorch = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.'

const inOldPytorch: ModelInspection = {
  ...empty,
  format: 'pytorch',
  says: 'a file of PyTorch in the format that it had before 1.6',
  oddities: ['It is made of several pickles, which are not inspected.'],
}

/** Its header is JSON behind a length of eight bytes. */
export const isSafetensors = (head: Uint8Array): boolean => latin1(head.subarray(8, 10)) === '{"'

function tensorsOf(bytes: Uint8Array, { config, sizeBytes }: Beside): ModelInspection {
  const summary = readSafetensors(bytes, sizeBytes)
  return { ...empty, format: 'safetensors', says: safetensorsWords(summary, config), tensors: summary.tensors }
}

function pickled(content: PickleContent, format: 'pickle' | 'pytorch'): ModelInspection {
  const versions = [...content.versions].join(' and ')
  const says = format === 'pytorch' ? `a file of PyTorch with ${wordsOf(content.value)}` : wordsOf(content.value)
  return {
    ...empty,
    format,
    says: versions ? `${says}, scikit-learn ${versions}` : says,
    protocol: content.protocol,
    versions: versions ? { 'scikit-learn': versions } : {},
    estimators: estimatorsOf(content.value),
    imports: judged(content.imports.values()),
    oddities: [...content.oddities],
  }
}

const judged = (imports: Iterable<{ readonly of: Import; readonly uses: ReadonlySet<Use> }>): ImportFound[] =>
  Array.from(imports, ({ of, uses }) => ({ name: nameOf(of), uses: [...uses], trust: trustOf(of, uses) }))

async function inspectZip(bytes: Uint8Array): Promise<ModelInspection> {
  const entries = entriesOf(bytes)
  const find = (path: RegExp) => entries.find(({ name }) => path.test(name))
  const schema = find(/^schema\.json$/)
  if (schema) return skops(new TextDecoder().decode(await contentOf(bytes, schema)))
  const pickle = find(/^[^/]+\/data\.pkl$/)
  if (pickle) return pickled(readPickle(await contentOf(bytes, pickle), 'pickle'), 'pytorch')
  if (find(/^model\.weights\.h5$/)) return { ...empty, format: 'keras', says: 'a model of Keras' }
  return { ...empty, format: 'zip', says: 'a ZIP archive with none of the files that are known here' }
}

function skops(text: string): ModelInspection {
  const { root, imports, version, estimators } = readSkops(text)
  return {
    ...empty,
    format: 'skops',
    says: `a file of skops with ${libraryOf(root.module)} ${root.name}`,
    versions: version === undefined ? {} : { skops: version },
    estimators,
    imports: judged(imports.values()),
  }
}
