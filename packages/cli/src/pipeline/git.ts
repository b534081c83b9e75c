import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The commit a folder is at, with `-dirty` behind it when something below the folder differs from it; `undefined`
 * outside of a repository, or without git.
 */
export async function commitOf(folder: string): Promise<string | undefined> {
  try {
    const commit = await git(folder, 'rev-parse', 'HEAD')
    const changes = await git(folder, 'status', '--porcelain', '--', '.')
    return changes === '' ? commit : `${commit}-dirty`
  } catch {
    return undefined
  }
}

async function git(folder: string, ...args: string[]): Promise<string> {
  // Without the locks, git leaves its index as it is.
  const { stdout } = await run('git', ['--no-optional-locks', '-C', folder, ...args], { maxBuffer: 64 * 1024 ** 2 })
  return stdout.trim()
}
