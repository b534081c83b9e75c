import { ReleaseDocument } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliError, exitCodes } from '../errors.ts'
import { unpackTar } from './tar.ts'
import type { Evidence } from './verify.ts'

/** A bundle: `release.json`, `spec.json`, and the code under `code/`, each file named by the hex of its digest. */
export interface Bundle extends Evidence {
  /** Where the code lies, when there is any. */
  readonly folder: string | undefined
}

/** Reads a bundle that is a folder, a `.tar`, or only the document, and hands it over as long as it is there. */
export async function withBundle<T>(path: string, use: (bundle: Bundle) => Promise<T>): Promise<T> {
  const seen = await stat(path)
  if (seen.isDirectory()) return use(await readBundle(path))
  if (!path.endsWith('.tar')) return use({ document: await readDocument(path), folder: undefined })
  const folder = await mkdtemp(join(tmpdir(), 'evenkeel-release-'))
  try {
    await unpackTar(path, folder).catch((cause: unknown) => {
      throw unreadable(path, cause)
    })
    return await use(await readBundle(folder))
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function readBundle(folder: string): Promise<Bundle> {
  const document = await readDocument(join(folder, 'release.json'))
  const spec: unknown = await readJson(join(folder, 'spec.json'))
  const names = await readdir(join(folder, 'code')).catch(() => [])
  const files = new Map<string, string>()
  for (const name of names) files.set(name, await digestOf(join(folder, 'code', name)))
  return { document, spec, files, folder: join(folder, 'code') }
}

async function readDocument(path: string): Promise<ReleaseDocument> {
  const parsed = ReleaseDocument.safeParse(await readJson(path))
  if (parsed.success) return parsed.data
  throw unreadable(path, parsed.error)
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

const unreadable = (path: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.no_release',
      message: `${path} holds no release`,
      why: cause instanceof Error ? cause.message.split('\n')[0]! : String(cause),
      fix: 'evenkeel release export NAME@VERSION --output bundle.tar   makes one',
      exitCode: exitCodes.usage,
    },
    { cause },
  )
