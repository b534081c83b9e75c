import { ApiError } from '@evenkeel/client'
import { plural, type StoredFile } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bytesText } from '../../bytes-text.ts'
import { exitCodes } from '../../errors.ts'
import type { Output } from '../../output.ts'
import type { Connection } from '../common.ts'
import { filesWords, type WeightsFile, type WeightsHere } from './weights.ts'

interface Asked {
  readonly model: string
  readonly weights: WeightsHere
  readonly metrics: Readonly<Record<string, number>>
}

/** Brings files of safetensors to the server as a version: kept and described, and not served. */
export async function registerWeights(
  connection: Connection,
  output: Output,
  { model, weights: { says, files }, metrics }: Asked,
): Promise<number> {
  output.say(`${filesWords(files)}: ${says}`)
  const stored: StoredFile[] = []
  for (const file of files) stored.push(await bring(connection, output, file))
  const body = { files: stored, card: null, metrics: { ...metrics }, params: {} }
  const version = await connection.modelFiles.registerFolder({ params: { model }, body })
  const name = `${version.model}@${version.version}`
  output.result(version, () => [
    `${name} is ${says}`,
    '  It is kept and not served: the files hold numbers without the network that they belong to.',
    `  next   evenkeel model download ${name}`,
    '  next   export the network to ONNX, and register that, to serve it',
  ])
  return exitCodes.ok
}

/** For `--dry-run`. */
export function tellWeights(
  output: Output,
  { model, weights: { says, tensors, files } }: Omit<Asked, 'metrics'>,
): number {
  output.result({ says, tensors, files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })) }, () => [
    `It is ${says}; nothing of it was loaded.`,
    ...tensors.slice(0, 20).map(({ name, dtype, shape }) => `  ${name}  ${dtype} [${shape.join(', ')}]`),
    ...(tensors.length > 20 ? [`  … and ${tensors.length - 20} more`] : []),
    `would register ${plural(files.length, 'file')} as a version of ${model}, which is kept and not served`,
  ])
  return exitCodes.ok
}

/** Sends a file, unless an earlier attempt has brought it. */
async function bring({ artifacts }: Connection, output: Output, { path, from, sizeBytes }: WeightsFile) {
  const digest = await digestOf(from)
  const isThere = await artifacts.download({ params: { digest } }, { range: { start: 0, end: 0 } }).then(
    async ({ stream }) => stream.cancel().then(() => true),
    (error: unknown) => isMissing(error),
  )
  if (!isThere) {
    output.say(`sending ${path}, ${bytesText(sizeBytes)}`)
    const file = Readable.toWeb(createReadStream(from)) as ReadableStream<Uint8Array>
    await artifacts.upload({ query: { digest }, file })
  }
  return { path, digest, sizeBytes }
}

/** Of what is not there, and of nothing at all no range can be read. @throws everything else */
function isMissing(error: unknown): false {
  if (error instanceof ApiError && [404, 416].includes(error.status)) return false
  throw error
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return `sha256:${hash.digest('hex')}`
}
