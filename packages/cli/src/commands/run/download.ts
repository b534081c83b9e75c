import type { Client } from '@evenkeel/client'
import { type artifacts, FolderManifest, plural, type Run, type RunStep } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { chmod, lstat, mkdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CliError, exitCodes } from '../../errors.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { findRun } from './runs.ts'

type Artifacts = Client<typeof artifacts>

interface DownloadOptions extends CommonOptions {
  readonly to?: string
}

const atOnce = 4

/** Writes an output of a step to a path where nothing is yet: a file, or a folder with all of its files. */
export async function download(id: string, key: string, name: string, options: DownloadOptions): Promise<number> {
  const { pipelines, artifacts } = await connect(options)
  const { digest, fileCount, sizeBytes } = outputIn(await findRun(pipelines, id), key, name)
  const target = resolve(options.to ?? name)
  if (await lstat(target).catch(() => undefined)) throw inTheWay(target)
  if (fileCount === null) await write(artifacts, digest, target)
  else await writeFolder(artifacts, digest, target)
  const what = fileCount === null ? '' : `${plural(fileCount, 'file')}, `
  outputOf(options).result(
    { path: target, digest, sizeBytes, fileCount },
    () => `${target}  ${what}${plural(sizeBytes, 'byte')}`,
  )
  return exitCodes.ok
}

function outputIn({ id, steps }: Run, key: string, name: string): RunStep['outputs'][string] {
  const outputs = steps.find((step) => step.key === key)?.outputs ?? {}
  const found = outputs[name]
  if (found) return found
  throw new CliError({
    code: 'cli.no_output',
    message: `The step "${key}" of this run has left no output "${name}"`,
    why: `it has ${Object.keys(outputs).join(', ') || 'none'}`,
    fix: `evenkeel run show ${id}`,
    exitCode: exitCodes.notFound,
  })
}

const inTheWay = (path: string) =>
  new CliError({
    code: 'cli.in_the_way',
    message: 'Something is there already',
    why: `${path} exists, and nothing is overwritten`,
    fix: 'name another path with --to',
    exitCode: exitCodes.conflict,
  })

/** Paths of a manifest stay below their folder: the schema refuses any other. */
async function writeFolder(api: Artifacts, digest: string, target: string): Promise<void> {
  const list = await api.download({ params: { digest } })
  const { files } = FolderManifest.parse(JSON.parse(Buffer.from(await list.bytes()).toString()))
  await mkdir(target, { recursive: true })
  const left = files.values()
  const work = async () => {
    for (const file of left) {
      const path = join(target, file.path)
      await mkdir(dirname(path), { recursive: true })
      await write(api, file.digest, path)
      if (file.executable) await chmod(path, 0o755)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
}

async function write(api: Artifacts, digest: string, path: string): Promise<void> {
  const { stream } = await api.download({ params: { digest } })
  const hash = createHash('sha256')
  const hashing = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  await pipeline(Readable.fromWeb(stream as never), hashing, createWriteStream(path, { flags: 'wx' }))
  if (`sha256:${hash.digest('hex')}` === digest) return
  throw new CliError({
    code: 'cli.digest_mismatch',
    message: 'What came is not what was stored',
    why: `${path} does not have the digest ${digest}`,
    fix: 'delete it and try again',
    exitCode: exitCodes.unexpected,
  })
}
