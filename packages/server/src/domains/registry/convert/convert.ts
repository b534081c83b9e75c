import { type ConvertedModel, type ModelFormat, registryErrors } from '@evenkeel/contract'
import { once } from 'node:events'
import { buffer } from 'node:stream/consumers'
import { Worker } from 'node:worker_threads'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { failures } from '../../../platform/errors.ts'
import { createTurns } from '../../../platform/turns.ts'
import { readArtifact } from '../artifact.ts'
import { formatOf } from './format.ts'
import type { ConvertedTrees } from './trees.ts'
import type { ConversionAnswer, ConversionTask } from './worker.ts'

const fail = failures(registryErrors)

const largestBytes = 512 * 1024 ** 2
const longestMs = 120_000
const memoryMiB = 4096

interface Asked {
  readonly digest: string
  readonly format?: ModelFormat | undefined
}

/** Turns files that trainers write into ONNX, one at a time, or says why not; nothing in them is run. */
export function createConversion({ blobs }: { readonly blobs: BlobStore }) {
  const inTurn = createTurns()

  /** @throws DomainError `registry.unreadable_model`, `registry.bad_artifact`, `platform.blob_not_found` */
  return async ({ digest, format: asked }: Asked): Promise<ConvertedModel> => {
    const { sizeBytes } = await blobs.stat(digest)
    const format = asked ?? (await recognise(blobs, digest))
    if (format === 'onnx') return presentOnnx(blobs, { digest, sizeBytes })
    if (sizeBytes > largestBytes) throw refuse(`The file has ${sizeBytes} bytes, and at most ${largestBytes} are read.`)
    const answer = await inTurn('convert', async () => inThread({ bytes: await blobs.bytes(digest), format }))
    if ('reason' in answer) throw refuse(answer.reason)
    return store(blobs, answer)
  }
}

async function recognise(blobs: BlobStore, digest: string): Promise<ModelFormat | 'python'> {
  const format = formatOf(await buffer(blobs.open(digest, { start: 0, end: 63 })))
  if (typeof format === 'string') return format
  throw refuse(format.reason)
}

/** What a damaged file asks for, too much memory or time, ends with the thread. */
async function inThread(task: ConversionTask): Promise<ConversionAnswer> {
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: memoryMiB },
  })
  try {
    const [answer] = await once(worker, 'message', { signal: AbortSignal.timeout(longestMs) })
    return answer as ConversionAnswer
  } catch (error) {
    if (error instanceof Error && error.name === 'AbortError')
      return { reason: `Reading it took longer than ${longestMs / 1000} s.` }
    if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      return { reason: `Reading it took more than ${memoryMiB} MiB of memory.` }
    throw error
  } finally {
    await worker.terminate()
  }
}

async function store(
  blobs: BlobStore,
  { format, onnx, golden, treeCount, importance }: ConvertedTrees,
): Promise<ConvertedModel> {
  const artifact = { ...(await blobs.put(onnx)), format: 'onnx' as const }
  const { digest } = await blobs.put(golden)
  const signature = await readArtifact(blobs, { artifact, golden: digest })
  return { format, artifact, golden: digest, signature, treeCount, importance: [...importance] }
}

async function presentOnnx(
  blobs: BlobStore,
  file: { readonly digest: string; readonly sizeBytes: number },
): Promise<ConvertedModel> {
  const artifact = { ...file, format: 'onnx' as const }
  const signature = await readArtifact(blobs, { artifact, golden: null })
  return { format: 'onnx', artifact, golden: null, signature, treeCount: null, importance: [] }
}

const refuse = (reason: string) => fail('registry.unreadable_model', { reason }, { why: reason })
