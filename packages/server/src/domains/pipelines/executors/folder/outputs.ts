import { constants, createReadStream } from 'node:fs'
import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { isErrno } from '../../../../platform/errors.ts'
import type { JobFolder, JobFolderFile, JobOutput } from '../executor.ts'

const fileLimit = 100_000
const pathLimit = 1024

/** What lies at an output path; `undefined` when nothing does. @throws Error naming what cannot be kept */
export async function readOutput(home: string, name: string): Promise<JobOutput | JobFolder | undefined> {
  const path = join(home, 'outputs', name)
  const found = await lstat(path).catch(ignoreAbsent)
  if (!found) return undefined
  if (found.isDirectory()) return { kind: 'folder', files: await filesOf(path, name) }
  // A link could lead out of the folder, and a device never ends.
  if (!found.isFile()) throw new Error(`The output "${name}" is not a plain file; write one file at this path.`)
  return { kind: 'file', sizeBytes: found.size, open: () => openPlain(path) }
}

/** A link or a pipe that took the place of the file since does not lead anywhere, and nobody waits for it. */
const openPlain = (path: string) =>
  createReadStream(path, { flags: (constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK) as never })

async function filesOf(folder: string, name: string): Promise<JobFolderFile[]> {
  const root = await realpath(folder)
  const files: JobFolderFile[] = []
  const waiting = ['']
  for (let below = waiting.pop(); below !== undefined; below = waiting.pop()) {
    for (const raw of await readdir(join(root, below), { encoding: 'buffer' })) {
      const path = join(below, nameOf(raw, `${name}/${below}`))
      const found = await lstat(join(root, path))
      if (found.isDirectory()) waiting.push(path)
      else files.push(await fileOf(root, path, name))
      if (files.length > fileLimit)
        throw new Error(`The output "${name}" holds more than 100,000 files; put them into an archive, or fewer files.`)
    }
  }
  return files
}

async function fileOf(root: string, path: string, name: string): Promise<JobFolderFile> {
  const full = join(root, path)
  if (path.length > pathLimit)
    throw new Error(`"${name}/${path.slice(0, 80)}…" is longer than ${pathLimit} characters; use shorter names.`)
  const target = await realpath(full).catch(() => undefined)
  const found = target === undefined ? undefined : await stat(target)
  const isLink = target !== full
  const says = `The output "${name}" holds "${path}", which`
  if (isLink && (target === undefined || relative(root, target).startsWith('..')))
    throw new Error(`${says} is a link that leads out of it, or nowhere; copy what it points to.`)
  if (isLink && found!.isDirectory()) throw new Error(`${says} is a link to a folder; copy what it points to.`)
  if (!found!.isFile()) throw new Error(`${says} is no plain file but a ${kindOf(found!)}; leave it out.`)
  // A link within the folder is kept as a copy of what it points to.
  return { path, executable: (found!.mode & 0o100) !== 0, open: () => openPlain(target!) }
}

type Found = Awaited<ReturnType<typeof stat>>

function kindOf(found: Found): string {
  if (found.isFIFO()) return 'pipe'
  return found.isSocket() ? 'socket' : 'device'
}

/** Names are bytes on this system, and must be text elsewhere. */
function nameOf(raw: Buffer, below: string): string {
  const name = raw.toString()
  if (Buffer.from(name).equals(raw) && !/\p{Cc}/u.test(name)) return name
  throw new Error(`"${below}" holds a file whose name is not text, ${JSON.stringify(name)}; rename it.`)
}

function ignoreAbsent(error: unknown): undefined {
  if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
  throw error
}
