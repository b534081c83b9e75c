import type { PipelineVersion, Run } from '@evenkeel/contract'
import type { Db } from '../../platform/db.ts'
import { expandedPlans } from './engine/expansion-rows.ts'
import { createPlans } from './engine/plans.ts'
import type { PinnedVersion, RunPlanStep } from './engine/plan.ts'
import { presentRuns, specOf } from './present.ts'
import { pipelinesStore, type StepRow } from './store.ts'
import { trackingRunId } from './engine/tracking-run.ts'

type InputFacts =
  | { readonly from: 'steps'; readonly steps: readonly string[]; readonly output: string }
  | { readonly from: 'dataset'; readonly versions: readonly PinnedVersion[] }

interface StepFacts {
  readonly uses: string | null
  readonly env: Readonly<Record<string, string>>
  readonly inputs: readonly InputFacts[]
  readonly reused: { readonly run: string; readonly step: string } | null
}

/** Runs that have not ended, the oldest first. */
export async function openRuns(db: Db): Promise<readonly { readonly projectId: string; readonly runId: string }[]> {
  const rows = await db
    .$pickTables<'pipelines.run'>()
    .selectFrom('pipelines.run')
    .select(['project_id', 'id'])
    .where('state', 'in', ['queued', 'running', 'waiting'])
    .orderBy('id')
    .execute()
  return rows.map(({ project_id: projectId, id: runId }) => ({ projectId, runId }))
}

/** A run, and what it was planned on: for whoever tells others where things come from. Undefined when there is none. */
export async function runFacts(
  db: Db,
  projectId: string,
  runId: string,
): Promise<{ readonly run: Run; readonly steps: Readonly<Record<string, StepFacts>> } | undefined> {
  const store = pipelinesStore(db)
  const row = await store.findRun(projectId, runId)
  if (!row) return undefined
  const [run] = await presentRuns(store, [row])
  const rows = new Map((await store.stepsOf([runId])).map((step) => [step.key, step]))
  const steps = (await expandedPlans(createPlans())(store, runId)).steps.map(
    (step) => [step.key, stepFacts(step, rows.get(step.key))] as const,
  )
  return { run: run!, steps: Object.fromEntries(steps) }
}

const stepFacts = ({ uses, env, inputs }: RunPlanStep, row: StepRow | undefined): StepFacts => ({
  uses,
  env,
  inputs: Object.values(inputs).map((input) =>
    input.from === 'step' ? { from: 'steps', steps: [input.step], output: input.output } : input,
  ),
  reused: row?.state === 'cached' ? (row.reused as unknown as { run: string; step: string }) : null,
})

/** The step of a run that logs into this tracking run; undefined when none does. */
export async function stepLoggingInto(
  db: Db,
  projectId: string,
  runId: string,
  trackingRun: string,
): Promise<{ readonly pipeline: string; readonly step: string; readonly commit: string } | undefined> {
  const store = pipelinesStore(db)
  const run = await store.findRun(projectId, runId)
  const step = run && (await store.stepsOf([runId])).find(({ key }) => trackingRunId(runId, key) === trackingRun)
  return step && { pipeline: run.pipeline, step: step.key, commit: run.commit }
}

/** A version of a pipeline as it was written; undefined when there is none. */
export async function pipelineVersion(
  db: Db,
  projectId: string,
  pipeline: string,
  version: number,
): Promise<PipelineVersion | undefined> {
  const row = await pipelinesStore(db).findVersion(projectId, pipeline, version)
  return row && { version, spec: specOf(row), createdBy: row.created_by, createdAt: row.created_at.toISOString() }
}
