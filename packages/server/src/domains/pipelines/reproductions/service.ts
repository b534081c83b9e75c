import {
  type ModelVersion,
  type PipelineSpec,
  type Reproduction,
  reproductionsErrors,
  type ReproductionSummary,
  type TriggerReason,
} from '@evenkeel/contract'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import type { Page, PageRequest } from '../../../platform/page.ts'
import { pageOf } from '../../../platform/page.ts'
import { isInstance } from '../engine/condition.ts'
import { type Params, type RunPlan, readPlan } from '../engine/plan.ts'
import { hasEnded } from '../engine/states.ts'
import type { PipelinesDeps } from '../needs.ts'
import { specOf } from '../present.ts'
import { refuseStep } from '../refuse-step.ts'
import { slotsOf, storeRun } from '../runs.ts'
import { refuseMissingSecret } from '../secrets/refuse-missing.ts'
import { pipelinesStore, type RunRow } from '../store.ts'
import { type RunTarget, targetOf } from '../target.ts'
import type { Places } from '../targets.ts'
import type { VersionRow } from '../version-store.ts'
import { missingFor } from './missing.ts'
import { presentReproduction, presentSummaries } from './present.ts'
import { leftOut, repeated } from './repeated.ts'
import { sourceOf } from './results.ts'
import { reproductionsStore } from './store.ts'

const fail = failures(reproductionsErrors)

interface Asked {
  readonly model: string
  readonly version: number
  readonly tolerance: number
  readonly without: readonly string[]
}

export interface Reproductions {
  start(caller: Caller, asked: Asked): Promise<Reproduction>
  list(
    caller: Caller,
    filter: PageRequest & { readonly model: string; readonly version?: number | undefined },
  ): Promise<Page<ReproductionSummary>>
  get(caller: Caller, reproduction: string): Promise<Reproduction>
  /**
   * Notes what a run would have registered, when it is a reproduction.
   *
   * @returns the version that it makes again; null when it is no reproduction of this model
   */
  noteRegistration(projectId: string, runId: string, would: { model: string; digest: string }): Promise<number | null>
}

export function createReproductions(deps: PipelinesDeps, places: Places): Reproductions {
  const { db } = deps
  const store = pipelinesStore(db)

  async function find(caller: Caller, reproduction: string): Promise<RunRow> {
    const found = await store.findRun(caller.projectId, reproduction)
    if (found && found.reproduces !== null) return found
    throw fail('pipelines.reproduction_not_found', { reproduction })
  }

  async function get(caller: Caller, reproduction: string): Promise<Reproduction> {
    return presentReproduction(deps, await find(caller, reproduction))
  }

  return {
    async start(caller, asked) {
      refuseStep(caller)
      const first = await findFirst(deps, caller.projectId, asked)
      const plan = await planAgain(deps, places, first, asked)
      const trigger = first.run.trigger as TriggerReason
      const { commit, seed, params } = first.run
      const origin = { trigger, createdBy: caller.userName, userId: caller.userId, commit, seed, now: deps.now() }
      const run = { version: first.row, target: againOf(deps, first, asked), params: params as Params, plan }
      const id = await db.transaction().execute(async (tx) => {
        const runId = await storeRun(tx, { ...run, priority: 0 }, origin)
        const { projectId, userName: actor } = caller
        const subject = `${asked.model}@${asked.version}`
        await audit(tx, { projectId, actor, action: 'pipelines.reproduce', subject, after: { run: runId } })
        return runId
      })
      return get(caller, id)
    },

    async list({ projectId }, { limit, cursor, ...filter }) {
      const ids = await reproductionsStore(db).list(projectId, { ...filter, before: cursor }, limit + 1)
      const page = pageOf(ids, limit, (id) => id)
      return { ...page, items: await presentSummaries(deps, page.items) }
    },

    get,

    async noteRegistration(projectId, runId, would) {
      const run = await store.findRun(projectId, runId)
      const { reproduces } = run ? targetOf(run) : {}
      if (reproduces?.model !== would.model) return null
      await reproductionsStore(db).noteRegistration(runId, would)
      return reproduces.version
    },
  }
}

/** A version of a model, and the run that made it. */
interface First {
  readonly version: ModelVersion
  readonly run: RunRow
  readonly plan: RunPlan
  /** The version of the pipeline. */
  readonly row: VersionRow
}

async function findFirst(deps: PipelinesDeps, projectId: string, asked: Asked): Promise<First> {
  const { model, version: number } = asked
  const store = pipelinesStore(deps.db)
  const version = await deps.version(projectId, model, number)
  const { runId } = version.lineage
  const run = runId === null ? undefined : await store.findRun(projectId, runId)
  const row = run && (await store.findVersion(projectId, run.pipeline, run.version))
  if (!version.artifact || !run || !row) throw refusal(asked, [whyNoRun(version)])
  if (!hasEnded(run)) throw refusal(asked, [`The run ${run.id} that made it has not ended; wait for it.`])
  return { version, run, row, plan: readPlan(await store.readPlan(run.id)) }
}

function whyNoRun({ artifact, lineage: { runId } }: ModelVersion): string {
  if (!artifact) return 'It has no ONNX file that could be compared with.'
  if (runId === null) return 'It was made elsewhere, and no run of a pipeline is known that made it.'
  return `The run ${runId} that made it is not known here.`
}

/** @throws DomainError `pipelines.not_reproducible` naming all that is missing */
async function planAgain(deps: PipelinesDeps, places: Places, first: First, asked: Asked): Promise<RunPlan> {
  const { plan, run, version } = first
  const unknown = asked.without.find((name) => plan.steps.every(({ key }) => !isInstance(key, name)))
  if (unknown !== undefined) throw refusal(asked, [`The run has no step "${unknown}" to leave out.`])
  const gone = leftOut(plan, asked.without)
  const again = await repeated(plan, gone, { maxLiveAttempts: slotsOf(deps), seeds: await seedsOf(deps, run) })
  const spec = specWith(specOf(first.row), again)
  if (spec.steps.length === 0) throw refusal(asked, ['No step is left to repeat.'])
  const missing = await missingFor(deps, places, { projectId: run.project_id, version, spec, plan: again })
  if (missing.length > 0) throw refusal(asked, missing)
  await refuseMissingSecret(deps.db, run.project_id, spec)
  return again
}

const specWith = (spec: PipelineSpec, { steps }: RunPlan): PipelineSpec => {
  const kept = new Set(steps.map(({ key }) => key))
  return { ...spec, steps: spec.steps.filter(({ key }) => kept.has(key)) }
}

/** Seeds of the runs that made results which the first run took over. */
async function seedsOf({ db }: PipelinesDeps, { id, seed }: RunRow): Promise<ReadonlyMap<string, number | null>> {
  const store = pipelinesStore(db)
  const seeds = new Map<string, number | null>()
  for (const step of await store.stepsOf([id])) {
    const source = sourceOf(step)
    const made = source && (await store.readRun(source.run))
    if (made && made.seed !== seed) seeds.set(step.key, made.seed)
  }
  return seeds
}

/** As the first run was told, and that it is a reproduction. */
const againOf = (deps: PipelinesDeps, { version, run }: First, { tolerance }: Asked): RunTarget => ({
  ...targetOf(run),
  reproduces: {
    run: run.id,
    model: version.model,
    version: version.version,
    champion: version.evaluation?.champion?.version ?? null,
    digest: version.artifact!.digest,
    software: { before: version.lineage.environment, after: { ...deps.software } },
    folderCommit: deps.commit(),
    tolerance,
  },
})

const refusal = ({ model, version }: Asked, missing: readonly string[]) =>
  fail('pipelines.not_reproducible', { model, version, missing: [...missing] }, { why: missing.join(' ') })
