import { ApiError, type CompiledPipeline } from '@evenkeel/client'
import { paramsOfInputs, PipelineSpec, type Run } from '@evenkeel/contract'
import { relative, resolve } from 'node:path'
import { statSync } from 'node:fs'
import type { Connection } from '../commands/common.ts'
import { followRun } from '../commands/run/follow.ts'
import { readParam } from '../commands/pipeline/choices.ts'
import type { Output } from '../output.ts'
import { commitOf } from '../pipeline/git.ts'
import { fetchGitSteps } from '../pipeline/git-steps.ts'
import { type LoadedPipeline, requirePipelines } from '../pipeline/load.ts'
import { uploadContents } from '../pipeline/upload.ts'
import { type Affected, affectedSteps } from './affected.ts'
import { compareValues, type ValueChange } from './compare.ts'
import { withCommit } from './git.ts'
import { lastRun, paramsOfLast } from './last-run.ts'
import type { TestResult } from './tests.ts'

type Planned = Awaited<ReturnType<Connection['pipelines']['plan']>>['steps']
export type Ready = LoadedPipeline & { readonly pipeline: CompiledPipeline }

/** What became of one pipeline. */
export interface Trial {
  readonly pipeline: string
  /** What it was compared with, in words. */
  readonly base: string
  readonly affected: readonly Affected[]
  readonly sample: number
  readonly plan: Planned
  readonly run: Run | null
  /** Why nothing was run; null when something was. */
  readonly notRun: string | null
  readonly comparedWith: Run | null
  readonly values: readonly ValueChange[]
}

export interface Report {
  readonly passed: boolean
  readonly tests: readonly TestResult[]
  readonly trials: readonly Trial[]
}

export interface Wanted {
  /** The commit to compare with; what is in force when absent. */
  readonly base: string | undefined
  readonly scope: string
  readonly sample: number
  readonly params: readonly string[]
  /** The server was started for this alone, and has no data. */
  readonly serverIsNew: boolean
}

/** Compares a pipeline with what was before, and runs what is affected on a sample, apart from everything else. */
export async function tryOut(connection: Connection, ready: Ready, wanted: Wanted, output: Output): Promise<Trial> {
  const { name, spec } = ready.pipeline
  const base =
    wanted.base === undefined ? await baseOnServer(connection, name) : await baseInGit(connection, ready, wanted.base)
  const affected = affectedSteps(base.spec, spec)
  const only = affected.filter(({ kind }) => kind !== 'same').map(({ key }) => key)
  const before = await lastRun(connection.pipelines, name)
  const trial = { pipeline: name, base: base.says, affected, sample: wanted.sample, comparedWith: before ?? null }
  const none = { ...trial, plan: [], run: null, values: [] }
  if (only.length === 0) return { ...none, notRun: 'no step is affected.' }
  try {
    const { plan, run } = await runAffected(connection, ready, { ...wanted, only }, output)
    return { ...trial, plan, run, notRun: null, values: compareValues(before, run) }
  } catch (error) {
    const why = whyNotRunnable(error, wanted)
    if (why === undefined) throw error
    return { ...none, notRun: why }
  }
}

/** Without the data nothing can be tried out, which is no fault of the change. */
function whyNotRunnable(error: unknown, { serverIsNew }: Wanted): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  if (error.code === 'pipelines.no_data') return error.why
  return error.code === 'pipelines.spec_invalid' && serverIsNew ? error.why : undefined
}

interface Base {
  readonly spec: PipelineSpec | undefined
  readonly says: string
}

/** The version in force in production, else in staging, else the newest. */
async function baseOnServer({ pipelines, releases }: Connection, pipeline: string): Promise<Base> {
  const { inForce } = await releases.environments({ params: { pipeline } })
  const best = inForce.find(({ environment }) => environment === 'production') ?? inForce[0]
  if (best) {
    const { spec } = await releases.get({ params: { pipeline, version: String(best.version) } })
    return { spec: PipelineSpec.parse(spec), says: `version ${best.version}, in force in ${best.environment}` }
  }
  try {
    const { spec, version } = await pipelines.get({ params: { pipeline } })
    return { spec, says: `version ${version}, the newest` }
  } catch (error) {
    if (error instanceof ApiError && error.code === 'pipelines.not_found') {
      return { spec: undefined, says: 'nothing: the pipeline is new to the server' }
    }
    throw error
  }
}

function baseInGit(connection: Connection, { file, folder, pipeline }: Ready, ref: string): Promise<Base> {
  return withCommit(folder, ref, async (then, commit) => {
    const path = resolve(then, relative(folder, resolve(file)))
    const says = `the commit ${commit.slice(0, 12)}`
    if (!statSync(path, { throwIfNoEntry: false })?.isFile())
      return { spec: undefined, says: `${says}, which lacks the file` }
    const git = await fetchGitSteps(async () => connection, [path])
    const found = requirePipelines(path, git).find((one) => one.pipeline.name === pipeline.name)
    return { spec: found?.pipeline.spec, says }
  })
}

async function runAffected(
  { pipelines, releases, artifacts }: Connection,
  { pipeline: { name, spec }, project, folder }: Ready,
  { scope, sample, only, params: given }: Wanted & { readonly only: string[] },
  output: Output,
): Promise<{ readonly plan: Planned; readonly run: Run }> {
  const commit = await commitOf(folder)
  await uploadContents(artifacts, project.contents, new Set())
  const candidate = { scope, spec: { ...spec, ...(commit !== undefined && { commit }) } }
  const { version } = await releases.putCandidate({ params: { pipeline: name }, body: candidate })
  const params = {
    ...(await paramsOfLast(pipelines, name, spec)),
    ...Object.fromEntries(given.map((text) => readParam(text, spec)).filter(([param]) => isOf(spec, param))),
  }
  const body = { environment: 'ci', scope, version, sample, only, params } as const
  const { steps: plan } = await pipelines.plan({ params: { pipeline: name }, body })
  const run = await pipelines.startRun({ params: { pipeline: name }, body })
  output.say(`run ${run.id} of ${name} in ci (${scope})`)
  const typical = new Map(plan.flatMap(({ key, typicalDurationMs: ms }) => (ms === null ? [] : [[key, ms] as const])))
  return { plan, run: (await followRun(pipelines, run, output, typical)).run }
}

/** Several pipelines are tried out at once, and a param is for those that have it. */
const isOf = ({ params, steps }: PipelineSpec, name: string): boolean =>
  name in params || steps.some((step) => step.params.includes(name) || paramsOfInputs(step.inputs).includes(name))
