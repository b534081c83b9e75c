import { ConnectionError } from '@evenkeel/client'
import { folderNameOf, isFolder, type ModelVersion, plural } from '@evenkeel/contract'
import { resolve } from 'node:path'
import { exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { bytesText } from '../../bytes-text.ts'
import { type Unpacked, unpackFolder } from './unpack-folder.ts'
import { findVersion } from './version-name.ts'

interface DownloadOptions extends CommonOptions {
  readonly to?: string
}

/** Brings a version here as a folder, whole or not at all. */
export async function download(name: string, { to, ...options }: DownloadOptions): Promise<number> {
  const connection = await connect(options)
  const output = outputOf(options)
  const version = await findVersion(connection, name)
  const { model, version: number } = version
  const folder = resolve(to ?? folderNameOf(version))
  const files = await unpackFolder(folder, async () => {
    const archive = await connection.modelFiles.download({ params: { model, version: number } })
    output.say(`${model}@${number}, ${bytesText(archive.sizeBytes)}`)
    return {
      bytes: overNetwork(archive.stream, connection.url),
      check: (unpacked) => requireArtifact(version, unpacked),
    }
  })
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  output.result({ model, version: number, folder, files }, () => [
    `${model}@${number} is in ${folder}: ${plural(files.length, 'file')}, ${bytesText(sizeBytes)}, every digest as it should be`,
    `  next   evenkeel model snippets ${model}@${number} --lang ${loaderOf(version)}`,
  ])
  return exitCodes.ok
}

const loaderOf = (version: ModelVersion) => {
  if (version.artifact) return 'onnxruntime'
  return isFolder(version) ? 'safetensors' : 'mlflow'
}

/** A connection that breaks within the archive is one that broke. */
async function* overNetwork(stream: ReadableStream<Uint8Array>, url: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) yield chunk
  } catch (cause) {
    throw new ConnectionError(url, cause)
  }
}

/** The archive says what it holds; the registry says which model that must be. */
function requireArtifact({ artifact }: ModelVersion, files: readonly Unpacked[]): void {
  const found = files.find(({ path }) => path === 'model.onnx')?.digest
  if (artifact && found !== artifact.digest) {
    throw new RangeError(`model.onnx is ${found ?? 'missing'}, and ${artifact.digest} was registered.`)
  }
}
