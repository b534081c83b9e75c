import {
  type Attempt,
  type AttemptRuntime,
  type AttemptUsage,
  costOf,
  type ParamValue,
  PipelineSpec,
  type Run,
  type RunStep,
  StepOutput,
  type TriggerReason,
} from '@evenkeel/contract'
import { z } from 'zod'
import type { ApprovalStateRow } from './approvals/store.ts'
import { lastOf, readSoFar } from './engine/metrics/follow.ts'
import type { AttemptRow, PipelinesStore, RunRow, StepRow } from './store.ts'
import { type Reproduces, targetOf } from './target.ts'
import type { VersionRow } from './version-store.ts'

/** Reads runs with their steps and attempts, in the order given. */
export async function presentRuns(store: PipelinesStore, runs: readonly RunRow[]): Promise<Run[]> {
  if (runs.length === 0) return []
  const ids = runs.map(({ id }) => id)
  const [steps, attempts] = [await store.stepsOf(ids), await store.attemptsOf(ids)]
  const stepsByRun = Map.groupBy(steps, ({ run_id }) => run_id)
  const attemptsByRun = Map.groupBy(attempts, ({ run_id }) => run_id)
  const asked = Map.groupBy(await store.approvalStatesOf(ids), ({ run_id }) => run_id)
  return runs.map((run) =>
    presentRun(run, stepsByRun.get(run.id) ?? [], attemptsByRun.get(run.id) ?? [], asked.get(run.id) ?? []),
  )
}

function presentRun(
  run: RunRow,
  steps: readonly StepRow[],
  attempts: readonly AttemptRow[],
  approvals: readonly ApprovalStateRow[],
): Run {
  const requests = new Map(approvals.map((approval) => [approval.step_key, approval]))
  const byStep = Map.groupBy(attempts, ({ step_key }) => step_key)
  return {
    id: run.id,
    pipeline: run.pipeline,
    pipelineVersion: run.version,
    ...ranIn(run),
    model: run.model,
    state: run.state,
    reason: run.reason,
    trigger: triggerOf(run),
    params: run.params as Record<string, ParamValue>,
    priority: run.priority,
    commit: run.commit,
    ...(run.seed !== null && { seed: run.seed }),
    createdBy: run.created_by,
    ...(run.backfill_id !== null && { backfill: run.backfill_id }),
    createdAt: run.created_at.toISOString(),
    startedAt: iso(run.started_at),
    endedAt: iso(run.ended_at),
    cost: costOf(attempts.map(costsOf)),
    steps: steps.map((step) => presentStep(step, byStep.get(step.key) ?? [], requests.get(step.key))),
  }
}

function ranIn(run: RunRow) {
  const { reproduces, ...target } = targetOf(run)
  return { ...target, ...(reproduces && { reproduces: reproduces.run }) }
}

/** The steps of a reproduction are told why the first run was there, for that may be what they go by. */
function triggerOf({ trigger, reproduces, created_by }: RunRow): TriggerReason {
  if (reproduces === null) return trigger as TriggerReason
  const { model, version, run } = reproduces as unknown as Reproduces
  const says = `${created_by} makes version ${version} of "${model}" again, as the run ${run} did.`
  return { kind: 'request', says, eventTime: null }
}

function presentStep(step: StepRow, attempts: readonly AttemptRow[], approval: ApprovalStateRow | undefined): RunStep {
  const newest = attempts.at(-1)
  const left = leftBy(step, newest)
  return {
    key: step.key,
    state: step.state,
    reason: step.reason,
    readyAt: iso(step.ready_at),
    startedAt: iso(step.started_at),
    endedAt: iso(step.ended_at),
    values: left.values,
    outputs: left.outputs,
    metrics: left.metrics,
    progress: (newest?.progress ?? null) as RunStep['progress'],
    cache: step.cache as RunStep['cache'],
    needs: step.needs as string[],
    approval: approval
      ? { id: approval.id, state: approval.state, expiresAt: approval.expires_at.toISOString() }
      : null,
    attempts: attempts.map(presentAttempt),
  }
}

type Left = Pick<RunStep, 'values' | 'outputs' | 'metrics'>

/** What a step left, or took over. */
function leftBy(step: StepRow, newest: AttemptRow | undefined): Left {
  if (step.state === 'cached') return withCounts(step.reused as unknown as Left)
  const left = { values: newest?.small_values ?? {}, outputs: newest?.outputs ?? {}, metrics: lastOf(newest?.metrics) }
  return withCounts(left as Left)
}

const withCounts = ({ values, outputs, metrics }: Left): Left => ({
  values,
  // Most steps leave none, and to find that out must not cost a look at a long run its time.
  outputs: Object.keys(outputs).length === 0 ? outputs : z.record(z.string(), StepOutput).parse(outputs),
  // What an earlier release took over has none.
  metrics: metrics ?? [],
})

const host: AttemptRuntime = { kind: 'host', digest: null, tool: null, version: null }

const costsOf = (row: AttemptRow) => ({
  startedAt: iso(row.started_at),
  endedAt: iso(row.ended_at),
  usage: usageOf(row),
})

const presentAttempt = (row: AttemptRow): z.output<typeof Attempt> => ({
  attempt: row.attempt,
  externalId: row.external_id,
  executor: row.executor,
  image: row.image,
  state: row.state,
  outcome: row.outcome,
  exitCode: row.exit_code,
  reason: row.reason,
  warnings: [...readSoFar(row.metrics).warnings],
  runtime: (row.runtime as AttemptRuntime | null) ?? (row.executor === 'local' ? host : null),
  submittedAt: iso(row.submitted_at),
  startedAt: iso(row.started_at),
  endedAt: iso(row.ended_at),
  ...(row.ended_at && { usage: usageOf(row) }),
})

const usageOf = ({ cpu_seconds, peak_memory_bytes, price_per_hour, currency }: AttemptRow): AttemptUsage => ({
  cpuSeconds: cpu_seconds,
  peakMemoryBytes: peak_memory_bytes,
  price: price_per_hour === null || currency === null ? null : { perHour: price_per_hour, currency },
})

/** A version that an earlier release wrote says less; what it leaves out has the default of today. */
export const specOf = ({ spec }: VersionRow): PipelineSpec => PipelineSpec.parse(spec)

export const iso = (moment: Date | null): string | null => moment?.toISOString() ?? null
