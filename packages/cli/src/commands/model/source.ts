import type { ModelVersion } from '@evenkeel/contract'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join, normalize } from 'node:path'
import { Readable } from 'node:stream'
import { CliError, exitCodes } from '../../errors.ts'
import type { Connection } from '../common.ts'
import { fileOfMlModel } from './mlmodel.ts'
import { findVersion } from './version-name.ts'

/** A model file on the server, and where it came from. */
export interface Source {
  readonly digest: string
  readonly says: string
  /** The version of the registry that it is the file of. */
  readonly version: ModelVersion | undefined
}

/**
 * Brings a model file to the server: a file here, a folder that MLflow wrote, or the files of a registered version,
 * which are there already.
 */
export async function findSource(connection: Connection, what: string): Promise<Source> {
  const here = await stat(what).catch(() => undefined)
  if (here?.isFile()) return upload(connection, what)
  if (here?.isDirectory()) return upload(connection, await fileInFolder(what))
  if (/^models:\/|@/.test(what)) return fileOfVersion(connection, await findVersion(connection, what))
  throw nothing(`There is neither a file nor a folder "${what}".`)
}

async function upload({ artifacts }: Connection, path: string): Promise<Source> {
  const file = Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>
  const { digest } = await artifacts.upload({ query: {}, file })
  return { digest, says: path, version: undefined }
}

async function fileInFolder(folder: string): Promise<string> {
  const written = await readFile(join(folder, 'MLmodel'), 'utf8').catch(() => undefined)
  if (written === undefined) throw nothing(`The folder "${folder}" holds no file MLmodel.`)
  const path = normalize(fileOfMlModel(written))
  if (path.startsWith('..')) throw nothing(`Its file MLmodel names "${path}", which lies outside of the folder.`)
  return join(folder, path)
}

async function fileOfVersion({ artifacts }: Connection, version: ModelVersion): Promise<Source> {
  const name = `${version.model}@${version.version}`
  const [, folder] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/+(.+)$/.exec(version.origin?.uri ?? '') ?? []
  if (folder === undefined) throw nothing(`${name} has no files that a client of MLflow logged here.`)
  const content = await artifacts.readFile({ query: { path: `${folder}/MLmodel` } })
  const file = fileOfMlModel(new TextDecoder().decode(await content.bytes()))
  const at = file.lastIndexOf('/') + 1
  const { items } = await artifacts.listFiles({
    query: { folder: at > 0 ? `${folder}/${file.slice(0, at - 1)}` : folder, limit: 500 },
  })
  const found = items.find((item) => item.name === file.slice(at))?.digest
  if (!found) throw nothing(`${name} should have the file "${file}", which is not there.`)
  return { digest: found, says: `${file} of ${name}`, version }
}

const nothing = (why: string) =>
  new CliError({
    code: 'cli.no_model',
    message: 'There is no model to register.',
    why,
    fix: 'evenkeel register model.onnx --model churn, or of a version that a client of MLflow registered: evenkeel register churn@3',
    exitCode: exitCodes.usage,
  })
