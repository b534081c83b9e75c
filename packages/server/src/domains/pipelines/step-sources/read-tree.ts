import type { CodeFile, StepSource } from '@evenkeel/contract'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import { CannotFetch } from './address.ts'
import { git, type GitSetting } from './git.ts'

const mostFiles = 10_000
const mostBytes = 100 * 1024 ** 2
/** Of the files that are in memory at the same time. */
const batchBytes = 8 * 1024 ** 2

interface Entry {
  readonly path: string
  readonly object: string
  readonly sizeBytes: number
  readonly executable: boolean
}

/**
 * Fetches one commit and stores the files of one folder of it. Nothing is checked out: no hook, filter or submodule of
 * the repository has a say.
 *
 * @throws CannotFetch
 */
export async function storeFolder(setting: GitSetting, source: StepSource, blobs: BlobStore): Promise<CodeFile[]> {
  const { repository, commit, path } = source
  await git(setting, ['init', '--quiet', '--bare'])
  await git(setting, ['fetch', '--quiet', '--depth=1', '--no-tags', '--no-write-fetch-head', repository, commit])
  const kind = (await git(setting, ['cat-file', '-t', commit])).toString().trim()
  if (kind !== 'commit') throw new CannotFetch(`${commit} is no commit but a ${kind}.`)
  const listing = await git(setting, ['ls-tree', '-r', '-l', '-z', `${commit}:${path}`]).catch((cause: unknown) => {
    throw new CannotFetch(`There is no folder "${path}" in the commit.`, { cause })
  })
  const entries = listing.toString().split('\0').filter(Boolean).map(entryOf)
  checkSize(entries)
  const files: CodeFile[] = []
  for (const batch of batchesOf(entries)) files.push(...(await storeBatch(setting, batch, blobs)))
  return files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** A line of `git ls-tree -l`: `100644 blob <object> <size>\t<path>`. */
function entryOf(line: string): Entry {
  const [, mode, kind, object, size, path] = /^(\d+) (\w+) ([0-9a-f]+) +(\S+)\t(.*)$/s.exec(line) ?? []
  if (mode === undefined || path === undefined) throw new CannotFetch('git lists something that cannot be read.')
  if (kind === 'commit') throw new CannotFetch(`"${path}" is a submodule, which is not followed; copy what it holds.`)
  if (mode === '120000') throw new CannotFetch(`"${path}" is a link; put the file itself there.`)
  if (path.includes('\uFFFD')) throw new CannotFetch(`The name "${path}" is not UTF-8.`)
  return { path, object: object!, sizeBytes: Number(size), executable: mode === '100755' }
}

function checkSize(entries: readonly Entry[]): void {
  if (entries.length > mostFiles)
    throw new CannotFetch(`The folder has ${entries.length} files, and may have ${mostFiles}.`)
  const bytes = entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  if (bytes > mostBytes) {
    throw new CannotFetch(`The folder has ${Math.ceil(bytes / 1024 ** 2)} MiB, and may have ${mostBytes / 1024 ** 2}.`)
  }
}

function batchesOf(entries: readonly Entry[]): Entry[][] {
  const batches: Entry[][] = []
  let bytes = Infinity
  for (const entry of entries) {
    if (bytes + entry.sizeBytes > batchBytes) {
      batches.push([])
      bytes = 0
    }
    batches.at(-1)!.push(entry)
    bytes += entry.sizeBytes
  }
  return batches
}

/** `git cat-file --batch` answers each object with `<object> blob <size>\n`, its bytes, and `\n`. */
async function storeBatch(setting: GitSetting, entries: readonly Entry[], blobs: BlobStore): Promise<CodeFile[]> {
  const asked = entries.map(({ object }) => `${object}\n`).join('')
  const answer = await git(setting, ['cat-file', '--batch'], asked)
  const files: CodeFile[] = []
  let at = 0
  for (const { path, executable, sizeBytes } of entries) {
    const from = answer.indexOf('\n', at) + 1
    const { digest } = await blobs.put(answer.subarray(from, from + sizeBytes))
    files.push({ path, digest, executable })
    at = from + sizeBytes + 1
  }
  return files
}
