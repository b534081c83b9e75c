import type { FileRuntime, StepRuntime } from '@evenkeel/contract'
import { PipelineMistake } from './mistake.ts'
import type { ProjectFile, Sources } from './uses.ts'

/** The software of a step, with the files that pin it. @throws PipelineMistake when they pin less than all of it */
export function runtimeOf(written: FileRuntime | undefined, sources: Pick<Sources, 'file'>): StepRuntime | null {
  if (written === undefined || written === 'none') return null
  return 'node' in written ? nodeRuntime(written.lock, sources) : pythonRuntime(written, sources)
}

function pythonRuntime(
  { python, lock: path }: Extract<FileRuntime, { python: unknown }>,
  sources: Pick<Sources, 'file'>,
): StepRuntime {
  const version = python === true ? null : python
  if (baseOf(path) === 'uv.lock') {
    const lock = readLock(path, sources)
    refuse(lock, localSourceOf(lock.text))
    const manifest = readBeside(path, 'pyproject.toml', sources)
    return { kind: 'python', version, lock: lock.file, manifest: manifest.file }
  }
  if (!path.endsWith('.txt')) {
    throw mistake(`"${path}" is no lock file of Python; name a uv.lock, or a requirements file that ends with .txt.`)
  }
  const lock = readLock(path, sources)
  refuse(lock, badRequirementOf(lock.text))
  return { kind: 'python', version, lock: lock.file }
}

function nodeRuntime(path: string, sources: Pick<Sources, 'file'>): StepRuntime {
  if (baseOf(path) !== 'package-lock.json') {
    throw mistake(`"${path}" is no lock file of npm; name a package-lock.json, which "npm install" writes.`)
  }
  const lock = readLock(path, sources)
  refuse(lock, linkedPackageOf(lock.text))
  return { kind: 'node', lock: lock.file, manifest: readBeside(path, 'package.json', sources).file }
}

const mistake = (message: string) => new PipelineMistake(message, ['lock'])
const baseOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

function readLock(path: string, sources: Pick<Sources, 'file'>): ProjectFile {
  const found = sources.file(path)
  if (found) return found
  throw mistake(
    `There is no file "${path}" below the project folder; correct the path, or let the tool write the lock.`,
  )
}

function readBeside(path: string, name: string, sources: Pick<Sources, 'file'>): ProjectFile {
  const found = sources.file(path.slice(0, path.length - baseOf(path).length) + name)
  if (found) return found
  throw mistake(`"${baseOf(path)}" goes with the file "${name}" in the same folder, and that is not there; add it.`)
}

/** A line of a lock file that leads out of it, and why. */
interface Refusal {
  readonly line: number
  readonly why: string
}

function refuse({ file }: ProjectFile, refusal: Refusal | undefined): void {
  if (refusal) throw mistake(`${file.path}, line ${refusal.line}: ${refusal.why}`)
}

const notPinned = 'the lock file says nothing about what lies there, so nobody could tell whether it changed'

/** The first requirement that is not in the file itself, nor in an index. */
function badRequirementOf(text: string): Refusal | undefined {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => whyNotRequirement(line.trim()) !== undefined)
  return at < 0 ? undefined : { line: at + 1, why: whyNotRequirement(lines[at]!.trim())! }
}

function whyNotRequirement(line: string): string | undefined {
  if (/^(-e|--editable)\b/.test(line))
    return `an editable install is a link to a folder, and ${notPinned}; build a wheel, or list the code under "code".`
  if (/^(-r|--requirement|-c|--constraint)\b/.test(line))
    return 'only this file is sent; write all requirements into it, as "pip freeze" and "uv pip compile" do.'
  if (/^(\.|\/|~)/.test(line) || /^[^\s#@;]+\/[^\s@]*\.(whl|zip|tar\.gz)\b/.test(line) || /(^|@\s*)file:/.test(line))
    return `it is a path of your machine, and ${notPinned}; use a package of an index, or list the code under "code".`
  return undefined
}

/** The first package of a `uv.lock` that comes from a folder or file; the project itself, ".", is not installed. */
function localSourceOf(text: string): Refusal | undefined {
  const local = /^source = \{ (?:editable|directory|path|virtual) = "(?!\.")([^"]*)"/
  return refusalOf(text, local, (path) => `"${path}" is a path of your machine, and ${notPinned}; use an index.`)
}

/** The first package of a `package-lock.json` that is a folder or file. */
function linkedPackageOf(text: string): Refusal | undefined {
  const local = /^\s*"(?:resolved|version)": "(file:[^"]*)"/
  const linked = refusalOf(
    text,
    local,
    (path) => `"${path}" is a path of your machine, and ${notPinned}; use a registry.`,
  )
  return linked ?? refusalOf(text, /^\s*"(link)": true/, () => `it links a folder, and ${notPinned}; use a registry.`)
}

function refusalOf(text: string, pattern: RegExp, why: (found: string) => string): Refusal | undefined {
  const lines = text.split('\n')
  const at = lines.findIndex((line) => pattern.test(line))
  return at < 0 ? undefined : { line: at + 1, why: why(pattern.exec(lines[at]!)![1]!) }
}
