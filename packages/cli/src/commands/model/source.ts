import { isFolder, type ModelVersion } from '@evenkeel/contract'
import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { CliError, exitCodes } from '../../errors.ts'
import type { Connection } from '../common.ts'
import { fileOfMlModel } from './mlmodel.ts'
import { findVersion } from './version-name.ts'

/** A model file, here or on the server, and where it came from. */
export interface Source {
  readonly says: string
  readonly place: { readonly path: string } | { readonly digest: string }
  readonly sizeBytes: number
  /** The version of the registry that it is the file of. */
  readonly version: ModelVersion | undefined
}

/** Finds a model file: a file here, in a folder of MLflow, or among the files of a registered version. */
export async function findSource(connection: Connection, what: string): Promise<Source> {
  const here = await stat(what).catch(() => undefined)
  if (here?.isFile()) return { says: what, place: { path: what }, sizeBytes: here.size, version: undefined }
  if (here?.isDirectory()) return fileHere(await fileInFolder(what))
  if (/^models:\/|@/.test(what)) return fileOfVersion(connection, await findVersion(connection, what))
  throw nothing(`There is neither a file nor a folder "${what}".`)
}

async function fileHere(path: string): Promise<Source> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isFile()) return { says: path, place: { path }, sizeBytes: found.size, version: undefined }
  throw nothing(`There should be the file "${path}", which is not there.`)
}

/** Brings a file to the server, where it is not there yet. @returns its digest */
export async function storeSource({ artifacts }: Connection, { place }: Source): Promise<string> {
  if ('digest' in place) return place.digest
  const file = Readable.toWeb(createReadStream(place.path)) as ReadableStream<Uint8Array>
  const { digest } = await artifacts.upload({ query: {}, file })
  return digest
}

/** @returns the first bytes of a file, or all of it without a number */
export async function readSource({ artifacts }: Connection, { place }: Source, count?: number): Promise<Uint8Array> {
  if ('digest' in place) {
    const range = count === undefined ? {} : { range: { start: 0, end: count - 1 } }
    return (await artifacts.download({ params: { digest: place.digest } }, range)).bytes()
  }
  if (count === undefined) return readFile(place.path)
  const file = await open(place.path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Text of the `config.json` of Hugging Face that lies beside a file here; undefined without one. */
export const configBeside = async ({ place }: Source): Promise<string | undefined> =>
  'path' in place ? readFile(join(dirname(place.path), 'config.json'), 'utf8').catch(() => undefined) : undefined

async function fileInFolder(folder: string): Promise<string> {
  const written = await readFile(join(folder, 'MLmodel'), 'utf8').catch(() => undefined)
  if (written === undefined) throw nothing(`The folder "${folder}" holds neither a file MLmodel nor safetensors.`)
  const path = normalize(fileOfMlModel(written))
  if (path.startsWith('..')) throw nothing(`Its file MLmodel names "${path}", which lies outside of the folder.`)
  return join(folder, path)
}

async function fileOfVersion({ artifacts }: Connection, version: ModelVersion): Promise<Source> {
  const name = `${version.model}@${version.version}`
  if (isFolder(version)) throw nothing(`${name} is a folder of weights; only Python knows the network of them.`)
  const [, folder] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(version.origin?.uri ?? '') ?? []
  if (folder === undefined) throw nothing(`${name} has no files that a client of MLflow logged here.`)
  const content = await artifacts.readFile({ query: { path: `${folder}/MLmodel` } })
  const file = fileOfMlModel(new TextDecoder().decode(await content.bytes()))
  const at = file.lastIndexOf('/') + 1
  const { items } = await artifacts.listFiles({
    query: { folder: at > 0 ? `${folder}/${file.slice(0, at - 1)}` : folder, limit: 500 },
  })
  const found = items.find((item) => item.name === file.slice(at))
  if (!found?.digest) throw nothing(`${name} should have the file "${file}", which is not there.`)
  return { says: `${file} of ${name}`, place: { digest: found.digest }, sizeBytes: found.sizeBytes ?? 0, version }
}

const nothing = (why: string) =>
  new CliError({
    code: 'cli.no_model',
    message: 'There is no model to register.',
    why,
    fix: 'evenkeel register model.onnx --model churn, or of a version that a client of MLflow registered: evenkeel register churn@3',
    exitCode: exitCodes.usage,
  })
