import { plural, type StoredFile } from '@evenkeel/contract'
import {
  InspectionError,
  networkOf,
  readSafetensors,
  safetensorsHeaderBytes,
  safetensorsWords,
  type SafetensorsSummary,
  typesOf,
} from '@evenkeel/contract/inspection'
import { buffer } from 'node:stream/consumers'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { pooled } from '../../../platform/pooled.ts'
import { badFolder } from './checks.ts'

/** What the weights of a folder are. The numbers themselves are not read. */
export interface Weights {
  /** As in `safetensors: 5 tensors with 1,234 numbers of F32, for DistilBertForSequenceClassification`. */
  readonly says: string
  readonly params: Readonly<Record<string, string | number>>
  /** What Hugging Face calls the library that loads them. */
  readonly library: 'transformers' | 'safetensors'
}

const filesAtOnce = 4
/** Longest header that is read: a million tensors need no more. Parsing it must not hold up the server. */
const longestHeaderBytes = 16 * 1024 ** 2
/** A longer text is none that describes a model. */
const longestTextBytes = 1024 ** 2

/** Reads the headers of all files of safetensors. @throws DomainError `registry.bad_folder` */
export async function readWeights(blobs: BlobStore, files: readonly StoredFile[]): Promise<Weights> {
  const weights = files.filter(({ path }) => path.endsWith('.safetensors'))
  if (weights.length === 0) throw badFolder(`None of ${plural(files.length, 'file')} ends in .safetensors.`)
  const parts = await pooled(weights, filesAtOnce, (file) => readHeader(blobs, file))
  const tensors = parts.flatMap((part) => part.tensors)
  const parameterCount = parts.reduce((sum, part) => sum + part.parameterCount, 0)
  const config = await textOf(blobs, files, 'config.json')
  const network = config === undefined ? undefined : networkOf(config)
  return {
    says: safetensorsWords({ tensors, parameterCount }, config),
    params: {
      ...(network !== undefined && { architecture: network.slice(0, 500) }),
      tensors: tensors.length,
      parameters: parameterCount,
      types: typesOf(tensors).slice(0, 500),
    },
    library: network === undefined ? 'safetensors' : 'transformers',
  }
}

async function readHeader(blobs: BlobStore, { path, digest, sizeBytes }: StoredFile): Promise<SafetensorsSummary> {
  const read = (byteCount: number) => {
    const length = Math.min(byteCount, sizeBytes)
    return length === 0 ? Buffer.alloc(0) : buffer(blobs.open(digest, { start: 0, end: length - 1 }))
  }
  try {
    const headerBytes = safetensorsHeaderBytes(await read(8))
    if (headerBytes > longestHeaderBytes) throw new InspectionError(`Its header of ${headerBytes} bytes is too long.`)
    return readSafetensors(await read(headerBytes), sizeBytes)
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    throw badFolder(`The file "${path}" cannot be read. ${error.message}`, error)
  }
}

/** A text at the top of the folder; undefined when it is not there, or no text that describes a model. */
export async function textOf(
  blobs: BlobStore,
  files: readonly StoredFile[],
  name: string,
): Promise<string | undefined> {
  const file = files.find(({ path }) => path === name)
  if (!file || file.sizeBytes > longestTextBytes) return undefined
  return (await blobs.bytes(file.digest)).toString().replaceAll('\0', '')
}
