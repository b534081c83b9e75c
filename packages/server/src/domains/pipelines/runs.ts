import {
  type ParamValue,
  pipelinesErrors,
  pipelinesEvents,
  type PipelineSpec,
  type TriggerReason,
} from '@evenkeel/contract'
import { createHash, randomUUIDv7 } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { type Db, json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { defineQueue, enqueue } from '../../platform/jobs.ts'
import { problemOfParams } from './engine/check-spec.ts'
import { engineProtocol } from './engine/engine.ts'
import { type DatasetInput, makePlan, type Params, type Pin, type PinnedVersion, type RunPlan } from './engine/plan.ts'
import { shortageIn } from './engine/shortage.ts'
import type { PipelinesDeps } from './needs.ts'
import { specOf } from './present.ts'
import { narrowed } from './releases/narrowed.ts'
import { refuseMissingSecret } from './secrets/refuse-missing.ts'
import { pipelinesStore } from './store.ts'
import { inDev, type RunTarget, whyNoModel } from './target.ts'
import type { VersionRow } from './version-store.ts'

const fail = failures(pipelinesErrors)

/** Wakes the engine for one run; one that waits already is enough, because the engine reads what is true then. */
export const wakeQueue = defineQueue('pipelines.wake', z.object({ runId: z.string() }), {
  policy: 'short',
  concurrency: 4,
})

/** Has a run looked at once the transaction is committed. */
export const wakeRun = (tx: Db, runId: string) => enqueue(tx, wakeQueue, { runId }, { singletonKey: runId })

/** A run that is planned but not stored yet. */
export interface PlannedRun {
  readonly version: VersionRow
  readonly target: RunTarget
  readonly params: Params
  readonly plan: RunPlan
  readonly priority: number
}

/**
 * Resolves params and pins dataset versions.
 *
 * @throws DomainError `pipelines.spec_invalid` when a param has no value or a wrong one, `pipelines.secret_missing` when a secret is not
 *   there, `pipelines.no_data` when a span is empty
 */
export async function planRun(
  deps: PipelinesDeps,
  version: VersionRow,
  given: Params,
  {
    noCache = false,
    nominal = null,
    target = inDev,
    only,
    priority,
  }: Partial<Pick<RunPlan, 'noCache' | 'nominal'>> & {
    readonly target?: RunTarget
    readonly only?: readonly string[] | undefined
    readonly priority?: number | undefined
  } = {},
): Promise<PlannedRun> {
  const spec = narrowed(specOf(version), { only, makesNoModel: whyNoModel(target) !== null })
  const params = { ...spec.params, ...given }
  const problem = problemOfParams(spec, params) ?? (await shortageIn(deps.db, version.project_id, spec))
  if (problem) throw fail('pipelines.spec_invalid', problem, { why: problem.reason })
  await refuseMissingSecret(deps.db, version.project_id, spec)
  const limits = { maxLiveAttempts: slotsOf(deps), noCache, nominal }
  const plan = await makePlan(spec, limits, pinFor(deps, version.project_id, spec, params))
  return { version, target, params, plan, priority: priority ?? spec.priority }
}

/** Attempts that may live at the same time. */
export const slotsOf = ({ maxLiveAttempts }: Pick<PipelinesDeps, 'maxLiveAttempts'>): number =>
  maxLiveAttempts ?? Math.max(2, availableParallelism())

const pinFor =
  (deps: PipelinesDeps, projectId: string, spec: PipelineSpec, params: Params): Pin =>
  async (input) => {
    const { dataset } = input
    if (input.from === 'dataset-version') return [await pinVersion(deps, projectId, input, params)]
    const start = momentOf(spec, input, params[input.start])
    const end = momentOf(spec, input, params[input.end])
    const found = await deps.datasets.versionsCovering(projectId, dataset, start, end)
    // The end does not belong to the span, and a version that begins there has nothing in it.
    const versions = found.filter(({ eventTimeMin }) => Date.parse(eventTimeMin!) < Date.parse(end))
    if (versions.length > 0) return versions.map(pinned)
    const why = `The dataset "${dataset}" has no accepted version with events from ${start} to ${end}.`
    throw fail('pipelines.no_data', { dataset, start, end }, { why })
  }

type SpanInput = Extract<DatasetInput, { from: 'dataset' }>
type VersionInput = Extract<DatasetInput, { from: 'dataset-version' }>

async function pinVersion(
  { datasets }: Pick<PipelinesDeps, 'datasets'>,
  projectId: string,
  { dataset, version: asked }: VersionInput,
  params: Params,
): Promise<PinnedVersion> {
  const version = typeof asked === 'object' ? versionIn(asked.param, params[asked.param]) : asked
  const found = await datasets.findVersion(projectId, dataset, version)
  if (found?.state === 'accepted') return pinned(found)
  const missing = version === 'latest' ? 'no accepted version' : `no version ${version}`
  const why = found
    ? `Version ${found.version} of the dataset "${dataset}" was refused: it breaks its data contract.`
    : `The dataset "${dataset}" has ${missing}.`
  throw fail('pipelines.no_dataset_version', { dataset, version }, { why })
}

function versionIn(param: string, value: ParamValue | undefined): number | 'latest' {
  if (value === 'latest') return value
  const number = z
    .int()
    .positive()
    .safeParse(typeof value === 'string' ? Number(value) : value)
  if (number.success) return number.data
  const reason = `The param "${param}" names a version of a dataset: a number from 1, or "latest". It is ${JSON.stringify(value)}.`
  throw fail('pipelines.spec_invalid', { step: null, reason }, { why: reason })
}

function momentOf({ steps }: PipelineSpec, input: SpanInput, value: ParamValue | undefined): string {
  const parsed = z.iso.datetime().safeParse(value)
  if (parsed.success) return parsed.data
  const step = steps.find(({ inputs }) => Object.values(inputs).includes(input))!
  const reason =
    `The input from the dataset "${input.dataset}" needs moments in the params "${input.start}" and "${input.end}", ` +
    `such as 2001-01-01T00:00:00Z, and got ${JSON.stringify(value)}.`
  throw fail('pipelines.spec_invalid', { step: step.key, reason }, { why: reason })
}

const pinned = ({ dataset, version, digest, rowCount, eventTimeMin, eventTimeMax, files }: PinnedVersion) => ({
  dataset,
  version,
  digest,
  rowCount,
  eventTimeMin,
  eventTimeMax,
  files: files.map((file) => ({ digest: file.digest, sizeBytes: file.sizeBytes })),
})

/** What the steps of a pipeline may start their randomness from: from 0 up to 2³¹ − 1. */
const seedOf = (projectId: string, pipeline: string): number =>
  createHash('sha256').update(`${projectId}/${pipeline}`).digest().readUInt32BE() >>> 1

/** Stores a run and wakes the engine, in the caller's transaction. Returns its id. */
export async function storeRun(
  tx: Db,
  { version, target, params, plan, priority }: PlannedRun,
  origin: {
    readonly trigger: TriggerReason
    readonly createdBy: string
    readonly userId: string
    readonly commit: string
    readonly now: Date
    /** The backfill it is a part of: it holds up no trigger of its pipeline. */
    readonly backfill?: string
    /** That of the run it makes again; by default the same for all runs of a pipeline, so that results are reused. */
    readonly seed?: number | null
  },
): Promise<string> {
  const runId = randomUUIDv7()
  const { project_id: projectId, pipeline } = version
  await pipelinesStore(tx).addRun(
    {
      id: runId,
      project_id: projectId,
      pipeline,
      version: version.version,
      ...target,
      reproduces: target.reproduces ? json(target.reproduces) : null,
      seed: origin.seed === undefined ? seedOf(projectId, pipeline) : origin.seed,
      model: specOf(version).model ?? null,
      engine: engineProtocol,
      state: 'queued',
      trigger: json(origin.trigger),
      params: json(params),
      plan: json(plan),
      priority,
      concurrency: plan.concurrency && json(plan.concurrency),
      commit: specOf(version).commit ?? origin.commit,
      created_by: origin.createdBy,
      user_id: origin.userId,
      backfill_id: origin.backfill ?? null,
      looked_at: origin.now,
      created_at: origin.now,
    },
    plan.steps.map(({ key, needs }, position) => ({
      project_id: projectId,
      run_id: runId,
      key,
      position,
      state: 'pending',
      count_from: 1,
      needs: json(needs),
    })),
  )
  const news = { projectId, subject: runId, runId, pipeline, state: 'queued' as const }
  await publish(tx, pipelinesEvents, 'pipelines.run_changed', news)
  await wakeRun(tx, runId)
  return runId
}
