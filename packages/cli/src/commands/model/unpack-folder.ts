import { createHash } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { CliError, exitCodes } from '../../errors.ts'
import { readTar, type TarEntry } from '../../read-tar.ts'

export interface Unpacked {
  /** Below the folder. */
  readonly path: string
  /** `sha256:` and 64 hex digits. */
  readonly digest: string
  readonly sizeBytes: number
}

interface Archive {
  readonly bytes: AsyncIterable<Uint8Array>
  /** Throws a RangeError for what is not what was meant. */
  check(files: readonly Unpacked[]): void
}

const sumsFile = 'SHA256SUMS'

/**
 * Unpacks an archive of one folder beside where it shall lie, checks it against its SHA256SUMS, and moves it there. What
 * a killed process left behind is thrown away.
 *
 * @param ask - asked once it is certain that nothing lies there
 * @throws CliError `cli.exists`, `cli.damaged`
 */
export async function unpackFolder(folder: string, ask: () => Promise<Archive>): Promise<readonly Unpacked[]> {
  if (await lstat(folder).catch(() => undefined)) throw exists(folder)
  await mkdir(dirname(folder), { recursive: true })
  await removeLeftovers(folder)
  const { bytes, check } = await ask()
  const partial = `${partialOf(folder)}${process.pid}`
  await mkdir(partial)
  try {
    const files = await unpack(bytes, partial)
    check(files)
    await rename(partial, folder).catch((error: unknown) => {
      throw isErrno(error, 'EEXIST', 'ENOTEMPTY', 'ENOTDIR') ? exists(folder) : error
    })
    return files
  } catch (error) {
    await rm(partial, { recursive: true, force: true })
    throw error instanceof RangeError ? damaged(error) : error
  }
}

async function unpack(bytes: AsyncIterable<Uint8Array>, folder: string): Promise<readonly Unpacked[]> {
  const files: Unpacked[] = []
  let sums: string | undefined
  for await (const entry of readTar(bytes)) {
    const path = entry.name.slice(entry.name.indexOf('/') + 1)
    const { digest, text } = await write(join(folder, path), entry, path === sumsFile)
    if (path === sumsFile) sums = text
    else files.push({ path, digest, sizeBytes: entry.sizeBytes })
  }
  requireSums(sums, files)
  return files
}

/** Nothing is overwritten within the folder either: an archive that has a name twice is none of ours. */
async function write(
  path: string,
  { content, name }: TarEntry,
  keep: boolean,
): Promise<{ digest: string; text: string }> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'wx').catch((error: unknown) => {
    throw isErrno(error, 'EEXIST', 'ENOTDIR') ? new RangeError(`The archive holds "${name}" twice.`) : error
  })
  const hash = createHash('sha256')
  const kept: Buffer[] = []
  try {
    for await (const chunk of content) {
      hash.update(chunk)
      if (keep) kept.push(chunk)
      await file.writeFile(chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { digest: `sha256:${hash.digest('hex')}`, text: Buffer.concat(kept).toString() }
}

/** @throws RangeError unless the list names every file, and each is what the list says */
function requireSums(sums: string | undefined, files: readonly Unpacked[]): void {
  if (sums === undefined) throw new RangeError(`The archive holds no ${sumsFile}.`)
  const listed = new Map(sums.split('\n').map((line) => [line.slice(66), line.slice(0, 64)]))
  listed.delete('')
  for (const { path, digest } of files) {
    if (`sha256:${listed.get(path)}` !== digest) throw new RangeError(`"${path}" is not what ${sumsFile} says.`)
    listed.delete(path)
  }
  const [missing] = listed.keys()
  if (missing !== undefined) throw new RangeError(`The archive lacks "${missing}", which ${sumsFile} lists.`)
}

const partialOf = (folder: string) => join(dirname(folder), `.${basename(folder)}.partial-`)

/** Folders of processes that are gone. */
async function removeLeftovers(folder: string): Promise<void> {
  const prefix = basename(partialOf(folder))
  for (const name of await readdir(dirname(folder))) {
    const owner = name.startsWith(prefix) ? Number(name.slice(prefix.length)) : NaN
    if (Number.isInteger(owner) && (owner === process.pid || !isAlive(owner))) {
      await rm(join(dirname(folder), name), { recursive: true, force: true })
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return isErrno(error, 'EPERM')
  }
}

const isErrno = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code))

const exists = (folder: string) =>
  new CliError({
    code: 'cli.exists',
    message: `${folder} is there already.`,
    why: 'A download writes a folder of its own, and overwrites none.',
    fix: 'give another one with --to, or move that one away',
    exitCode: exitCodes.conflict,
  })

const damaged = (cause: RangeError) =>
  new CliError(
    {
      code: 'cli.damaged',
      message: 'What arrived is not the version; nothing was written.',
      why: cause.message,
      fix: 'try it again; if it stays like this, a file in the blob store is damaged: evenkeel doctor',
      exitCode: exitCodes.unexpected,
    },
    { cause },
  )
