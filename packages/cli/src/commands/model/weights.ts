import { plural } from '@evenkeel/contract'
import {
  InspectionError,
  isSafetensors,
  readSafetensors,
  safetensorsHeaderBytes,
  safetensorsWords,
  type TensorSummary,
} from '@evenkeel/contract/inspection'
import { open, opendir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError, exitCodes } from '../../errors.ts'

/** A file that goes along with weights. */
export interface WeightsFile {
  /** Below the folder, with slashes. */
  readonly path: string
  readonly from: string
  readonly sizeBytes: number
}

/** Files of safetensors, with what lies beside them. */
export interface WeightsHere {
  readonly says: string
  readonly tensors: readonly TensorSummary[]
  readonly files: readonly WeightsFile[]
}

const mostFiles = 1000

/**
 * Weights in a file of safetensors, or in a folder of Hugging Face. A file takes its `config.json` along, a folder
 * everything but hidden names.
 *
 * @returns undefined when it is none of both
 * @throws CliError `cli.cannot_register`
 */
export async function findWeights(what: string): Promise<WeightsHere | undefined> {
  const here = await stat(what).catch(() => undefined)
  const files = here?.isDirectory() ? await filesIn(what) : here?.isFile() ? await fileAlone(what) : []
  const weights = files.filter(({ path }) => path.endsWith('.safetensors'))
  if (weights.length === 0) return undefined
  if (files.length > mostFiles) throw refused(`The folder "${what}" holds more than ${mostFiles} files.`)
  const parts = await Promise.all(weights.map(readHeader))
  const tensors = parts.flatMap((part) => part.tensors)
  const parameterCount = parts.reduce((sum, part) => sum + part.parameterCount, 0)
  const config = files.find(({ path }) => path === 'config.json')
  const says = safetensorsWords({ tensors, parameterCount }, config && (await readFile(config.from, 'utf8')))
  return { says, tensors, files }
}

async function fileAlone(from: string): Promise<WeightsFile[]> {
  const file = await open(from)
  const head = Buffer.alloc(16)
  try {
    await file.read(head, 0, head.length, 0)
  } finally {
    await file.close()
  }
  if (!isSafetensors(head)) return []
  const name = basename(from)
  const path = name.endsWith('.safetensors') ? name : `${name}.safetensors`
  const config = await fileAt('config.json', join(dirname(from), 'config.json'))
  return [...(await fileAt(path, from)), ...config]
}

/** A folder with the file `MLmodel` is one of MLflow, which says itself where its model lies. */
async function filesIn(folder: string): Promise<WeightsFile[]> {
  if ((await fileAt('MLmodel', join(folder, 'MLmodel'))).length > 0) return []
  const paths: string[] = []
  for await (const path of shownIn(folder)) if (paths.push(path) > mostFiles) break
  // Links to files are followed, as Hugging Face's cache is made of them; a broken one is no file.
  return (await Promise.all(paths.toSorted().map((path) => fileAt(path, join(folder, path))))).flat()
}

/** What a folder holds, however deep, without hidden names. */
async function* shownIn(folder: string, below = ''): AsyncGenerator<string> {
  for await (const entry of await opendir(folder)) {
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) yield* shownIn(join(folder, entry.name), `${below}${entry.name}/`)
    else yield `${below}${entry.name}`
  }
}

async function fileAt(path: string, from: string): Promise<WeightsFile[]> {
  const found = await stat(from).catch(() => undefined)
  return found?.isFile() ? [{ path, from, sizeBytes: found.size }] : []
}

async function readHeader({ path, from, sizeBytes }: WeightsFile) {
  const file = await open(from)
  try {
    const read = async (byteCount: number) =>
      (await file.read(Buffer.alloc(byteCount), 0, byteCount, 0)).buffer.subarray(0, Math.min(byteCount, sizeBytes))
    return readSafetensors(await read(safetensorsHeaderBytes(await read(8))), sizeBytes)
  } catch (error) {
    if (!(error instanceof InspectionError)) throw error
    throw refused(`The file "${path}" cannot be read. ${error.message}`, error)
  } finally {
    await file.close()
  }
}

const refused = (why: string, cause?: unknown) =>
  new CliError(
    {
      code: 'cli.cannot_register',
      message: 'The weights cannot be registered.',
      why,
      fix: 'check that the files are whole, and name the folder that holds the weights and what describes them, nothing else',
      exitCode: exitCodes.usage,
    },
    { cause },
  )

/** As in `3 files, model.safetensors among them`. */
export const filesWords = (files: readonly WeightsFile[]): string =>
  files.length === 1
    ? files[0]!.path
    : `${plural(files.length, 'file')}, ${files.find(({ path }) => path.endsWith('.safetensors'))!.path} among them`
