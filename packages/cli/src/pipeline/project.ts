import { PipelineMistake, type Sources } from '@evenkeel/client'
import type { CodeFile } from '@evenkeel/contract'
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'
import { choose } from './choose.ts'
import { type Ignores, readIgnore } from './ignore.ts'
import { readStepFile } from './step-file.ts'

/** A file that a step may have, or why it may not. */
interface Entry {
  readonly path: string
  readonly sizeBytes: number
  readonly executable: boolean
  readonly refusal: string | undefined
}

export interface Content {
  readonly path: string
  readonly sizeBytes: number
}

export interface Project extends Sources {
  /** What the files that were asked for so far hold: digest to a file with this content. */
  readonly contents: ReadonlyMap<string, Content>
}

const entryLimit = 50_000
const stepFileLimit = 10_000
const stepSizeLimitBytes = 500 * 1024 ** 2
const lockSizeLimitBytes = 20 * 1024 ** 2
const unread = `sha256:${'0'.repeat(64)}`

/**
 * The files beside a pipeline.
 *
 * @param hash - whether to read what the files hold; without, every digest is zero
 * @param own - the file of the pipeline, below the folder
 */
export function openProject(folder: string, { hash, own }: { readonly hash: boolean; readonly own: string }): Project {
  const contents = new Map<string, Content>()
  const digests = new Map<string, string>()
  const lists = new Map<string, readonly Entry[]>()
  // A word changed in a pipeline must not make each of its steps another one.
  const isAbout = (path: string) => path === own || /^(pipelines\/[^/]+|evenkeel)\.ya?ml$/.test(path)
  const listOf = (below: string) => {
    const known = lists.get(below) ?? listFiles(folder, below)
    lists.set(below, known)
    return known
  }
  const digestOf = ({ path, sizeBytes }: Entry): string => {
    if (!hash) return unread
    const known = digests.get(path) ?? digestOfFile(join(folder, path))
    digests.set(path, known)
    contents.set(known, { path: join(folder, path), sizeBytes })
    return known
  }
  return {
    contents,
    step: (below) => readStepFile(folder, below),
    code(below, globs) {
      const prefix = below === '' ? '' : `${below}/`
      const relative = (path: string) => path.slice(prefix.length)
      const chosen = globs ? choose(listOf(below), globs, relative) : listOf(below).filter(({ path }) => !isAbout(path))
      checkChosen(chosen)
      return chosen.map((entry): CodeFile => {
        return { path: relative(entry.path), digest: digestOf(entry), executable: entry.executable }
      })
    },
    file(path) {
      const entry = oneFile(folder, path)
      if (!entry) return undefined
      const text = readFileSync(join(folder, path), 'utf8')
      return { file: { path, digest: digestOf(entry), executable: false }, text }
    },
  }
}

function oneFile(project: string, path: string): Entry | undefined {
  if (path.split('/').some((part) => ['', '.', '..'].includes(part))) {
    throw new PipelineMistake(`"${path}" leads out of the project folder; name what lies below it, without "./".`, [
      'lock',
    ])
  }
  if (!lstatSync(join(project, path), { throwIfNoEntry: false })) return undefined
  const entry = entryOf(project, realpathSync(project), path, false)
  if (entry.refusal) throw new PipelineMistake(`${path} ${entry.refusal}.`, ['lock'])
  if (entry.sizeBytes > lockSizeLimitBytes) {
    throw new PipelineMistake(`${path} has ${entry.sizeBytes} bytes, which no lock file has.`, ['lock'])
  }
  return entry
}

function checkChosen(entries: readonly Entry[]): void {
  const refused = entries.find(({ refusal }) => refusal)
  const instead = 'List what the step needs under "code", or write the rest into .evenkeelignore.'
  if (refused) throw new PipelineMistake(`${refused.path} ${refused.refusal}. ${instead}`)
  if (entries.length > stepFileLimit) {
    throw new PipelineMistake(
      `The code of the step would be ${entries.length} files, and may be ${stepFileLimit}. ${instead}`,
    )
  }
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0)
  if (sizeBytes <= stepSizeLimitBytes) return
  const largest = entries.toSorted((a, b) => b.sizeBytes - a.sizeBytes)[0]!
  const size = Math.round(sizeBytes / 1024 ** 2)
  throw new PipelineMistake(`The code of the step would be ${size} MiB, most of it ${largest.path}. ${instead}`)
}

/** Every file below a folder of the project that is not ignored, by path. */
function listFiles(project: string, below: string): Entry[] {
  const ignores = ignoresOf(project)
  const root = realpathSync(project)
  const found: Entry[] = []
  const visit = (folder: string) => {
    for (const item of readdirSync(join(project, folder), { withFileTypes: true })) {
      const path = folder === '' ? item.name : `${folder}/${item.name}`
      if (ignores(path, item.isDirectory())) continue
      if (item.isDirectory()) visit(path)
      else found.push(entryOf(project, root, path, item.isFile()))
      if (found.length > entryLimit) {
        throw new PipelineMistake(`There are more than ${entryLimit} files in ${project}; write .evenkeelignore.`)
      }
    }
  }
  visit(below)
  // By code points, so that the same files are the same list on each machine.
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

function entryOf(project: string, root: string, path: string, isFile: boolean): Entry {
  const seen = statSync(join(project, path), { throwIfNoEntry: false })
  const refusal = isFile ? undefined : refusalOf(root, join(project, path), seen?.isFile() ?? false)
  return { path, sizeBytes: seen?.size ?? 0, executable: ((seen?.mode ?? 0) & 0o111) !== 0, refusal }
}

/** A link to a file of the project stands for what the file holds. */
function refusalOf(root: string, path: string, leadsToFile: boolean): string | undefined {
  if (!leadsToFile) return 'is neither a file nor a link to one'
  return realpathSync(path).startsWith(root + sep) ? undefined : 'is a link that leaves the project folder'
}

function ignoresOf(project: string): Ignores {
  for (const name of ['.evenkeelignore', '.gitignore']) {
    if (statSync(join(project, name), { throwIfNoEntry: false })?.isFile()) {
      return readIgnore(readFileSync(join(project, name), 'utf8'))
    }
  }
  return readIgnore('')
}

const digestOfFile = (path: string): string => `sha256:${createHash('sha256').update(readFileSync(path)).digest('hex')}`
