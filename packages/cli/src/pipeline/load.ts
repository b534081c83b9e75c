import {
  type Compilation,
  type CompiledPipeline,
  compilePipeline,
  type PipelineProblem,
  type Sources,
} from '@evenkeel/client'
import { globSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { CliError, exitCodes } from '../errors.ts'
import { openProject, type Project } from './project.ts'
import { readYamlFile, type YamlFile, YamlMistake } from './yaml-file.ts'

/** One thing that is wrong, as editors and compilers say it. */
export interface Finding {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

export interface LoadedPipeline {
  /** As it was asked for. */
  readonly file: string
  readonly project: Project
  readonly folder: string
  /** Undefined when there are findings. */
  readonly pipeline: CompiledPipeline | undefined
  /** The pipeline as it is written. */
  readonly source: unknown
  readonly findings: readonly Finding[]
}

interface LoadOptions {
  /** Whether to read what the files hold. */
  readonly hash: boolean
  /** Steps of other repositories; see `fetchGitSteps`. */
  readonly git?: Sources['git']
}

/** Reads and compiles the pipelines of a file: one, or those under `pipelines:` of an `evenkeel.yaml`. */
export function loadPipelines(file: string, { hash, git }: LoadOptions): LoadedPipeline[] {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw noSuchFile(file)
  const folder = projectFolder(file)
  const files = openProject(folder, { hash, own: relative(folder, resolve(file)) })
  const project = { ...files, ...(git && { git }) }
  const found = readParts(file)
  if ('line' in found) return [{ file, project, folder, pipeline: undefined, source: undefined, findings: [found] }]
  return found.parts.map(({ prefix, value }) => {
    const result = compilePipeline(value, project)
    const findings = result.ok ? [] : findingsOf(file, found.yaml, prefix, result)
    return { file, project, folder, pipeline: result.ok ? result.pipeline : undefined, source: value, findings }
  })
}

/** The pipelines of a file as they are written; none when it cannot be read. */
export function writtenPipelines(file: string): unknown[] {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) throw noSuchFile(file)
  const found = readParts(file)
  return 'line' in found ? [] : found.parts.map(({ value }) => value)
}

/** Code is looked for in the folder of the file, or in the one above when that is called `pipelines`. */
function projectFolder(file: string): string {
  const folder = dirname(resolve(file))
  return basename(folder) === 'pipelines' ? dirname(folder) : folder
}

interface Part {
  readonly prefix: readonly string[]
  readonly value: unknown
}

function readParts(file: string): { readonly yaml: YamlFile; readonly parts: readonly Part[] } | Finding {
  try {
    const yaml = readYamlFile(file)
    return { yaml, parts: isProjectFile(file) ? partsOf(yaml.value) : [{ prefix: [], value: yaml.value }] }
  } catch (error) {
    if (!(error instanceof YamlMistake)) throw error
    return { file, line: error.line, column: error.column, path: '', message: error.message }
  }
}

const isProjectFile = (file: string): boolean => /^evenkeel\.ya?ml$/.test(basename(file))

/** The key is the name of the pipeline. */
function partsOf(value: unknown): Part[] {
  const pipelines = isMap(value) ? value['pipelines'] : undefined
  if (pipelines === undefined || pipelines === null) return []
  if (!isMap(pipelines)) throw new YamlMistake('"pipelines" must be a map from names to pipelines.')
  return Object.entries(pipelines).map(([name, pipeline]) => ({
    prefix: ['pipelines', name],
    value: isMap(pipeline) ? { name, ...pipeline } : pipeline,
  }))
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function findingsOf(
  file: string,
  yaml: YamlFile,
  prefix: readonly string[],
  { problems }: Compilation & { ok: false },
) {
  return problems.map((problem: PipelineProblem): Finding => {
    const path = [...prefix, ...problem.path]
    return { file, ...yaml.locate({ path, at: problem.at }), path: path.join('.'), message: problem.message }
  })
}

/** The files that are meant when none is named. */
export function pipelineFilesHere(): string[] {
  const found = globSync(['pipelines/*.{yaml,yml}', 'evenkeel.{yaml,yml}']).toSorted()
  if (found.length > 0) return found
  throw new CliError({
    code: 'cli.no_pipeline',
    message: 'There is no pipeline here',
    why: `neither pipelines/*.yaml nor evenkeel.yaml is in ${process.cwd()}`,
    fix: 'evenkeel pipeline init NAME   (or name a file)',
    exitCode: exitCodes.notFound,
  })
}

export const lineOf = ({ file, line, column, message }: Finding): string =>
  `${relative('', file) || file}:${line}:${column} ${message}`

/** The pipelines of a file that has no mistake. @throws CliError with every finding */
export function requirePipelines(
  file: string,
  git: Sources['git'],
): (LoadedPipeline & { readonly pipeline: CompiledPipeline })[] {
  const loaded = loadPipelines(file, { hash: true, git })
  const findings = loaded.flatMap((one) => one.findings)
  if (findings.length > 0) throw invalid(file, findings.map(lineOf).join('\n'))
  if (loaded.length === 0) throw invalid(file, `there is nothing under "pipelines:" in ${file}`)
  return loaded.flatMap((one) => (one.pipeline ? [{ ...one, pipeline: one.pipeline }] : []))
}

const invalid = (file: string, why: string) =>
  new CliError({
    code: 'cli.pipeline_invalid',
    message: 'The pipeline cannot be run as it is written; nothing was changed',
    why,
    fix: `correct ${join(file)}, then: evenkeel pipeline validate ${file}`,
    exitCode: exitCodes.usage,
  })

const noSuchFile = (file: string) =>
  new CliError({
    code: 'cli.no_file',
    message: `There is no file ${file}`,
    why: `it was looked for in ${process.cwd()}`,
    fix: 'evenkeel pipeline init NAME   (or correct the path)',
    exitCode: exitCodes.notFound,
  })
