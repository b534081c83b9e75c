import {
  type ParamValue,
  pipelinesErrors,
  pipelinesEvents,
  type PipelineSpec,
  type TriggerReason,
} from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { z } from 'zod'
import { type Db, json } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import { publish } from '../../platform/events.ts'
import { defineQueue, enqueue } from '../../platform/jobs.ts'
import { missingParam } from './engine/check-spec.ts'
import { engineProtocol } from './engine/engine.ts'
import { type DatasetInput, makePlan, type Params, type Pin, type PinnedVersion, type RunPlan } from './engine/plan.ts'
import type { PipelinesDeps } from './needs.ts'
import { specOf } from './present.ts'
import { refuseMissingSecret } from './secrets/refuse-missing.ts'
import { pipelinesStore } from './store.ts'
import type { VersionRow } from './version-store.ts'

const fail = failures(pipelinesErrors)

/** Wakes the engine for one run; one that waits already is enough, because the engine reads what is true then. */
export const wakeQueue = defineQueue('pipelines.wake', z.object({ runId: z.string() }), {
  policy: 'short',
  concurrency: 4,
})

/** A run that is planned but not stored yet. */
export interface PlannedRun {
  readonly version: VersionRow
  readonly params: Params
  readonly plan: RunPlan
}

/**
 * Resolves params and pins dataset versions.
 *
 * @throws DomainError `pipelines.spec_invalid` when a param has no value, `pipelines.secret_missing` when a secret is not
 *   there, `pipelines.no_data` when a span is empty
 */
export async function planRun(
  deps: PipelinesDeps,
  version: VersionRow,
  given: Params,
  noCache: RunPlan['noCache'] = false,
): Promise<PlannedRun> {
  const spec = specOf(version)
  const params = { ...spec.params, ...given }
  const problem = missingParam(spec, params)
  if (problem) throw fail('pipelines.spec_invalid', problem, { why: problem.reason })
  await refuseMissingSecret(deps.db, version.project_id, spec)
  const cores = Math.max(2, availableParallelism())
  const limits = { maxLiveAttempts: deps.maxLiveAttempts ?? cores, noCache }
  const plan = await makePlan(spec, limits, pinFor(deps, version.project_id, spec, params))
  return { version, params, plan }
}

const pinFor =
  (deps: PipelinesDeps, projectId: string, spec: PipelineSpec, params: Params): Pin =>
  async (input) => {
    const { dataset } = input
    const start = momentOf(spec, input, params[input.start])
    const end = momentOf(spec, input, params[input.end])
    const found = await deps.datasets.versionsCovering(projectId, dataset, start, end)
    // The end does not belong to the span, and a version that begins there has nothing in it.
    const versions = found.filter(({ eventTimeMin }) => Date.parse(eventTimeMin!) < Date.parse(end))
    if (versions.length > 0) return versions.map(pinned)
    const why = `The dataset "${dataset}" has no accepted version with events from ${start} to ${end}.`
    throw fail('pipelines.no_data', { dataset, start, end }, { why })
  }

function momentOf({ steps }: PipelineSpec, input: DatasetInput, value: ParamValue | undefined): string {
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

/** Stores a run and wakes the engine, in the caller's transaction. Returns its id. */
export async function storeRun(
  tx: Db,
  { version, params, plan }: PlannedRun,
  origin: {
    readonly trigger: TriggerReason
    readonly createdBy: string
    readonly userId: string
    readonly commit: string
    readonly now: Date
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
      model: specOf(version).model ?? null,
      engine: engineProtocol,
      state: 'queued',
      trigger: json(origin.trigger),
      params: json(params),
      plan: json(plan),
      commit: specOf(version).commit ?? origin.commit,
      created_by: origin.createdBy,
      user_id: origin.userId,
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
  await enqueue(tx, wakeQueue, { runId }, { singletonKey: runId })
  return runId
}
