import { ApiError, type CompiledPipeline, type CompiledTrigger } from '@evenkeel/client'
import {
  type CodeFile,
  commitText,
  type Pipeline,
  type PipelineSpec,
  plural,
  type StepSpec,
  TriggerSpec,
} from '@evenkeel/contract'
import { CliError, exitCodes } from '../../errors.ts'
import { changesBetween } from '../../pipeline/changes.ts'
import { commitOf } from '../../pipeline/git.ts'
import { fetchGitSteps } from '../../pipeline/git-steps.ts'
import { type LoadedPipeline, requirePipelines } from '../../pipeline/load.ts'
import { uploadContents, type Uploads } from '../../pipeline/upload.ts'
import { type CommonOptions, connect, type Connection, outputOf } from '../common.ts'

interface ApplyOptions extends CommonOptions {
  readonly dryRun?: boolean
}

type Ready = LoadedPipeline & { readonly pipeline: CompiledPipeline }

/** The server takes no larger body. */
const specLimitBytes = 8 * 1024 ** 2

/** Sends the pipelines of a file to the server: code first, then each pipeline, then its triggers. */
export async function apply(file: string, options: ApplyOptions): Promise<number> {
  const loaded = requirePipelines(file, await fetchGitSteps(() => connect(options), [file]))
  const connection = await connect(options)
  const output = outputOf(options)
  const commit = await commitOf(loaded[0]!.folder)
  const before = await Promise.all(loaded.map(({ pipeline }) => existing(connection, pipeline.name)))
  for (const { pipeline } of loaded) checkSize(pipeline)

  if (options.dryRun) {
    const plans = loaded.map(({ pipeline }, at) => planOf(pipeline, before[at]))
    output.result(plans, () => plans.flatMap(({ name, changes }) => [`would write ${name}:`, ...changes.map(indent)]))
    return exitCodes.ok
  }
  const code = await uploadContents(connection.artifacts, loaded[0]!.project.contents, digestsOf(before))
  const results: Applied[] = []
  for (const [at, one] of loaded.entries()) results.push(await applyOne(connection, one, before[at], commit))
  output.result({ commit: commit ?? null, code, pipelines: results }, () => [
    ...results.flatMap(linesOf),
    codeLine(code, commit),
    `next   evenkeel run start ${results[0]!.name}`,
  ])
  return exitCodes.ok
}

async function existing({ pipelines }: Connection, name: string): Promise<Pipeline | undefined> {
  try {
    return await pipelines.get({ params: { pipeline: name } })
  } catch (error) {
    if (error instanceof ApiError && error.code === 'pipelines.not_found') return undefined
    throw error
  }
}

/** What the versions in force refer to is there. */
const digestsOf = (before: readonly (Pipeline | undefined)[]): ReadonlySet<string> =>
  new Set(
    before.flatMap(
      (pipeline) => pipeline?.spec.steps.flatMap((step) => filesOf(step).map(({ digest }) => digest)) ?? [],
    ),
  )

const filesOf = ({ code, runtime }: StepSpec): CodeFile[] => [
  ...(code ?? []),
  ...(runtime ? [runtime.lock, ...(runtime.manifest ? [runtime.manifest] : [])] : []),
]

async function applyOne({ pipelines }: Connection, { pipeline }: Ready, before: Pipeline | undefined, commit?: string) {
  const params = { pipeline: pipeline.name }
  const body: PipelineSpec = { ...pipeline.spec, ...(commit !== undefined && { commit }) }
  const triggers = pipeline.triggers.map((trigger) => withSecret(trigger, before))
  const after = await pipelines.put({ params, body })
  const written = triggers.filter((trigger) => trigger.secret !== undefined || !isSame(trigger, before))
  for (const { name, spec, secret } of written) {
    await pipelines.putTrigger({ params: { ...params, trigger: name }, body: { ...spec, ...(secret && { secret }) } })
  }
  const outcome = before === undefined ? 'created' : before.version === after.version ? 'unchanged' : 'changed'
  const names = pipeline.triggers.map(({ name }) => name)
  return {
    name: pipeline.name,
    version: after.version,
    outcome,
    changes: outcome === 'changed' ? changesBetween(before!.spec, after.spec) : [],
    triggers: written.map(({ name }) => name),
    triggersKept: (before?.triggers ?? []).map(({ name }) => name).filter((name) => !names.includes(name)),
  } as const
}

/** What signs a webhook comes from a variable, and may be left out where the server has it. */
function withSecret(trigger: CompiledTrigger, before: Pipeline | undefined) {
  const { name, secretEnv } = trigger
  const secret = secretEnv === undefined ? undefined : process.env[secretEnv]
  if (secretEnv === undefined || secret || before?.triggers.some((known) => known.name === name)) {
    return { ...trigger, secret }
  }
  throw new CliError({
    code: 'cli.no_secret',
    message: `The webhook ${name} has no secret; the pipeline was not changed`,
    why: `the variable ${secretEnv} is not set here`,
    fix: `${secretEnv}="$(openssl rand -hex 32)" evenkeel pipeline apply …`,
    exitCode: exitCodes.usage,
  })
}

/** Keys stand in another order where they were stored. */
const isSame = ({ name, spec }: CompiledTrigger, before: Pipeline | undefined): boolean => {
  const found = before?.triggers.find((trigger) => trigger.name === name)
  return found !== undefined && canonical(found.spec) === canonical(TriggerSpec.parse(spec))
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

function planOf({ name, spec, triggers }: CompiledPipeline, before: Pipeline | undefined) {
  const changed = triggers.filter((trigger) => !isSame(trigger, before)).map((trigger) => `~ trigger ${trigger.name}`)
  if (!before) return { name, changes: [`+ pipeline of ${plural(spec.steps.length, 'step')}`, ...changed] }
  const changes = [...changesBetween(before.spec, spec), ...changed]
  return { name, changes: changes.length > 0 ? changes : ['nothing; it is the same'] }
}

type Applied = Awaited<ReturnType<typeof applyOne>>

function linesOf({ name, version, outcome, changes, triggers, triggersKept }: Applied): string[] {
  const says = {
    created: `${name} is new: version ${version}`,
    changed: `${name} has a new version: ${version}`,
    unchanged: `${name} is unchanged: version ${version}`,
  }
  return [
    says[outcome],
    ...changes.map(indent),
    ...triggers.map((trigger) => indent(`trigger ${trigger} is written`)),
    ...triggersKept.map((trigger) => indent(`trigger ${trigger} is not in the file, and stays`)),
  ]
}

function codeLine({ fileCount, uploadedCount, uploadedBytes }: Uploads, commit: string | undefined): string {
  const sent = uploadedCount > 0 ? `${uploadedCount} sent (${plural(uploadedBytes, 'byte')})` : 'none new'
  return `code   ${plural(fileCount, 'file')}, ${sent}; ${commit === undefined ? 'in no git repository' : `commit ${commitText(commit)}`}`
}

const indent = (line: string): string => `  ${line}`

function checkSize({ name, spec }: CompiledPipeline): void {
  const bytes = JSON.stringify(spec).length
  if (bytes <= specLimitBytes) return
  throw new CliError({
    code: 'cli.pipeline_too_large',
    message: `${name} is too large to be sent; nothing was changed`,
    why: `it comes to ${Math.round(bytes / 1024 ** 2)} MiB with the list of code of each step, and 8 are the limit`,
    fix: 'list under "code" what a step needs, or shorten a matrix',
    exitCode: exitCodes.usage,
  })
}
