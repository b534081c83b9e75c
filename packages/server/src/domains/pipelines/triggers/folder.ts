import { createHash } from 'node:crypto'
import { lstat, opendir, realpath } from 'node:fs/promises'
import { isAbsolute, join, matchesGlob, relative } from 'node:path'
import type { TriggerSpec } from '@evenkeel/contract'
import { isErrno } from '../../../platform/errors.ts'
import type { SeenFile } from './watch-store.ts'

export type FolderSource = Extract<TriggerSpec['on'], { kind: 'folder' }>

/** The outside world does not let us look; `message` says why. */
export class CannotLook extends Error {
  override readonly name = 'CannotLook'
}

const mostEntries = 100_000
/** Files that are asked about at the same time. */
const atOnce = 64

/** Why a folder must not be watched, or cannot be, or `undefined` when it can. */
export async function whyNotFolder(roots: readonly string[], { path }: FolderSource): Promise<string | undefined> {
  if (!isAbsolute(path) || path.split('/').includes('..')) {
    return `The folder "${path}" must be an absolute path without "..".`
  }
  if (roots.length === 0) {
    return 'This server watches no folder. Set EVENKEEL_WATCH_ROOTS to the folders it may watch, as in /data/incoming:/mnt/share, and start it again.'
  }
  const real = await realpath(path).catch((error: unknown) => cause(path, error))
  if (real instanceof CannotLook) return real.message
  const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => root)))
  if (realRoots.some((root) => isBelow(root, real))) return undefined
  return `The folder "${path}" does not lie below ${roots.join(' or ')} (EVENKEEL_WATCH_ROOTS).`
}

function isBelow(root: string, path: string): boolean {
  const way = relative(root, path)
  return way !== '..' && !way.startsWith('../')
}

function cause(path: string, error: unknown): CannotLook {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return new CannotLook(`There is no folder "${path}".`)
  if (isErrno(error, 'EACCES', 'EPERM')) return new CannotLook(`The server may not read the folder "${path}".`)
  return new CannotLook(`The folder "${path}" cannot be read: ${(error as Error).message}.`)
}

/**
 * The files of a folder that the pattern asks for, by path below it. Hidden files and links are left out; folders below
 * are looked into when the pattern has a "/".
 *
 * @throws CannotLook
 */
export async function listFolder(roots: readonly string[], source: FolderSource): Promise<SeenFile[]> {
  const reason = await whyNotFolder(roots, source)
  if (reason !== undefined) throw new CannotLook(reason)
  const paths = await pathsIn(source).catch((error: unknown) => {
    throw error instanceof CannotLook ? error : cause(source.path, error)
  })
  const files: SeenFile[] = []
  for (let at = 0; at < paths.length; at += atOnce) {
    const some = await Promise.all(paths.slice(at, at + atOnce).map((path) => fileAt(source.path, path)))
    files.push(...some.filter((file) => file !== undefined))
  }
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

async function pathsIn({ path: folder, pattern }: FolderSource): Promise<string[]> {
  const isDeep = pattern.includes('/')
  const found: string[] = []
  const folders = ['']
  let count = 0
  for (const below of folders) {
    for await (const entry of await opendir(join(folder, below))) {
      if (++count > mostEntries) {
        throw new CannotLook(`The folder "${folder}" has more than ${mostEntries} entries; move away what is done.`)
      }
      const path = join(below, entry.name)
      if (entry.name.startsWith('.')) continue
      if (entry.isDirectory() && isDeep) folders.push(path)
      if (entry.isFile() && matchesGlob(path, pattern)) found.push(path)
    }
  }
  return found
}

/** Nothing when it went away meanwhile. */
async function fileAt(folder: string, path: string): Promise<SeenFile | undefined> {
  try {
    const stat = await lstat(join(folder, path))
    return stat.isFile() ? { path, size_bytes: stat.size, mtime_ms: stat.mtimeMs, etag: null } : undefined
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw cause(folder, error)
  }
}

/** sha256 (hex) of a list of files. */
export function digestOf(files: readonly SeenFile[]): string {
  const hash = createHash('sha256')
  for (const { path, size_bytes, mtime_ms, etag } of files) {
    hash.update(JSON.stringify([path, size_bytes, mtime_ms, etag]))
  }
  return hash.digest('hex')
}
