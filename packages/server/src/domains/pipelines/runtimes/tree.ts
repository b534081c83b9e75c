import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Bytes of all files below a folder; 0 when it is not there. Links are not followed. */
export async function sizeOf(folder: string): Promise<number> {
  let sizeBytes = 0
  await walk(folder, async (path) => {
    const { size, isDirectory } = await seen(path)
    if (!isDirectory) sizeBytes += size
  })
  return sizeBytes
}

/** Takes from everybody the right to write there. */
export const makeReadOnly = (folder: string): Promise<void> => changeModes(folder, (mode) => mode & 0o555)

/** Removes a folder, also one that is read-only. */
export async function removeTree(folder: string): Promise<void> {
  await changeModes(folder, (mode) => mode | 0o700, { onlyFolders: true })
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function changeModes(
  folder: string,
  change: (mode: number) => number,
  { onlyFolders = false } = {},
): Promise<void> {
  await walk(folder, async (path) => {
    const { mode, isDirectory, isLink } = await seen(path)
    if (!isLink && (isDirectory || !onlyFolders)) await chmod(path, change(mode))
  })
}

async function seen(path: string) {
  const found = await lstat(path)
  return { size: found.size, mode: found.mode, isDirectory: found.isDirectory(), isLink: found.isSymbolicLink() }
}

/** A folder before what lies in it, which may be locked. What goes away meanwhile is passed over. */
async function walk(path: string, visit: (path: string) => Promise<void>): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (!found) return
  await visit(path)
  if (!found.isDirectory()) return
  for (const name of await readdir(path)) await walk(join(path, name), visit)
}
