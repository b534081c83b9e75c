import { ApiError, gitUse, PipelineMistake, type Sources, type StepFolder } from '@evenkeel/client'
import { type CodeFile, sourceText, type StepSource } from '@evenkeel/contract'
import { posix } from 'node:path'
import { buffer } from 'node:stream/consumers'
import type { Connection } from '../commands/common.ts'
import { choose } from './choose.ts'
import { writtenPipelines } from './load.ts'
import { parseStepFile } from './step-file.ts'

/** What stands in the files of steps from other repositories. */
export type GitSteps = NonNullable<Sources['git']>

interface Use {
  readonly source: StepSource
  readonly credentialsSecret: string | undefined
}

/** The folders of repositories that the steps of these files name; what is written wrongly is told by the compiler. */
export function gitUsesIn(files: readonly string[]): Use[] {
  const uses = files.flatMap((file) => writtenPipelines(file).flatMap(usesOf))
  return [...new Map(uses.map((use) => [sourceText(use.source), use])).values()]
}

function usesOf(pipeline: unknown): Use[] {
  const { steps } = (pipeline ?? {}) as { steps?: unknown }
  return Object.values(steps ?? {}).flatMap((step: unknown) => {
    const { uses, credentials_secret: secret } = (step ?? {}) as { uses?: unknown; credentials_secret?: unknown }
    if (typeof uses !== 'string' || !uses.startsWith('git+')) return []
    try {
      return [{ source: gitUse(uses), credentialsSecret: typeof secret === 'string' ? secret : undefined }]
    } catch (error) {
      if (error instanceof PipelineMistake) return []
      throw error
    }
  })
}

/** Lets the server fetch what the files name; what it refuses is told where the step is compiled. */
export async function fetchGitSteps(
  connect: () => Promise<Pick<Connection, 'stepSources' | 'artifacts'>>,
  files: readonly string[],
): Promise<GitSteps> {
  const uses = gitUsesIn(files)
  const fetched = new Map<string, StepFolder | PipelineMistake>()
  // Without such steps, no server is needed.
  const connection = uses.length === 0 ? undefined : await connect()
  for (const use of uses) fetched.set(sourceText(use.source), await fetchOne(connection!, use))
  return (source) => {
    const found = fetched.get(sourceText(source))
    if (found instanceof Error) throw found
    return found!
  }
}

async function fetchOne(
  { stepSources, artifacts }: Pick<Connection, 'stepSources' | 'artifacts'>,
  { source, credentialsSecret }: Use,
): Promise<StepFolder | PipelineMistake> {
  try {
    const body = { ...source, ...(credentialsSecret !== undefined && { credentialsSecret }) }
    const { files } = await stepSources.fetch({ body })
    const texts = new Map<string, string>()
    const read = async (name: string) => {
      const file = files.find(({ path }) => path === name)
      if (file) texts.set(name, (await contentOf(artifacts, file)).toString('utf8'))
    }
    await read('step.yaml')
    const folder = folderOf(source, files, texts)
    const { runtime = 'none' } = folder.declared
    for (const name of runtime === 'none' ? [] : lockFilesOf(runtime.lock)) await read(name)
    return folder
  } catch (error) {
    if (error instanceof PipelineMistake) return error
    if (!(error instanceof ApiError) || error.code !== 'pipelines.step_source_refused') throw error
    return new PipelineMistake(error.why, ['uses'])
  }
}

/** A lock file, and what may have to lie beside it. */
const lockFilesOf = (lock: string): string[] => [
  lock,
  ...['pyproject.toml', 'package.json'].map((name) => posix.join(posix.dirname(lock), name)),
]

async function contentOf(artifacts: Connection['artifacts'], { digest }: CodeFile): Promise<Buffer> {
  const { stream } = await artifacts.download({ params: { digest } })
  return buffer(stream)
}

/** @throws PipelineMistake when it has no `step.yaml`, or a wrong one */
function folderOf(source: StepSource, files: readonly CodeFile[], texts: ReadonlyMap<string, string>): StepFolder {
  const step = texts.get('step.yaml')
  if (step === undefined) throw new PipelineMistake(`There is no step.yaml in ${sourceText(source)}.`, ['uses'])
  return {
    declared: parseStepFile(Buffer.from(step), `${sourceText(source)}/step.yaml`),
    code: (globs) => (globs ? choose(files, globs, (path) => path) : files),
    file: (path) => {
      const file = files.find((one) => one.path === path)
      return file && { file, text: texts.get(path) ?? '' }
    },
  }
}
