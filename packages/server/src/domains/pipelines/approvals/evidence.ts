import type { ApprovalEvidence, TriggerReason } from '@evenkeel/contract'
import { type Params, pinnedVersions, type RunPlan, type RunPlanStep } from '../engine/plan.ts'
import { resultsOf, type StepResult } from '../engine/results.ts'
import type { States } from '../engine/states.ts'
import { specOf } from '../present.ts'
import { pipelinesStore, type RunRow } from '../store.ts'
import type { Db } from '../../../platform/db.ts'
import { changesInWords } from './changes.ts'
import { approvalsStore } from './store.ts'

/** Reads what attempts of this host wrote, without secrets. */
export interface Reader {
  summaryOf(tx: Db, projectId: string, step: { readonly run: string; readonly step: string }): Promise<string | null>
}

export interface Asking {
  readonly tx: Db
  readonly run: RunRow
  readonly plan: RunPlan
  readonly states: States
}

/** Gathers what people should look at before they decide about a step. */
export async function evidenceFor(asking: Asking, step: RunPlanStep, reader: Reader): Promise<ApprovalEvidence> {
  const { tx, run, plan, states } = asking
  const results = await resultsOf(pipelinesStore(tx), run.id, step.needs)
  const trigger = run.trigger as TriggerReason
  return {
    trigger: { kind: trigger.kind, says: trigger.says },
    startedBy: run.created_by,
    params: run.params as Params,
    pipeline: { version: run.version, commit: run.commit, ...(await changesSince(asking, step.key)) },
    subject: subjectOf(step, results),
    steps: await Promise.all(
      states.steps
        .filter(({ key }) => step.needs.includes(key))
        .map(async ({ key, state, reason }) => {
          const result = results.get(key)
          const { values = {}, outputs = {} } = result ?? {}
          const summary = result ? await reader.summaryOf(tx, run.project_id, result) : null
          return { step: key, state, says: reason ?? '', values, outputs, summary }
        }),
    ),
    datasets: pinnedVersions(plan).map(({ dataset, version, digest, rowCount }) => ({
      dataset,
      version,
      digest,
      rowCount,
    })),
    follows: behind(plan, step.key),
  }
}

async function changesSince(
  { tx, run }: Asking,
  step: string,
): Promise<Pick<ApprovalEvidence['pipeline'], 'comparedWith' | 'changes'>> {
  const last = await approvalsStore(tx).lastApproved(run.project_id, run.pipeline, step)
  if (!last) return { comparedWith: null, changes: [] }
  const comparedWith = { run: last.run_id, version: last.version }
  if (last.version === run.version) return { comparedWith, changes: [] }
  const find = (version: number) => pipelinesStore(tx).findVersion(run.project_id, run.pipeline, version)
  const [before, after] = [await find(last.version), await find(run.version)]
  return { comparedWith, changes: before && after ? changesInWords(specOf(before), specOf(after)) : [] }
}

function subjectOf({ approval }: RunPlanStep, results: ReadonlyMap<string, StepResult>): ApprovalEvidence['subject'] {
  if (!approval?.subject) return null
  const { step, output } = approval.subject
  const left = results.get(step)
  return { step, output, is: left?.outputs[output]?.digest ?? left?.values[output] ?? null }
}

/** Every step that can only run once this one has ended well, in the order of the plan. */
function behind({ steps }: RunPlan, key: string): string[] {
  const reached = new Set([key])
  for (let before = 0; before < reached.size;) {
    before = reached.size
    for (const { key: other, needs, when } of steps)
      if (when !== 'failure' && needs.some((need) => reached.has(need))) reached.add(other)
  }
  return steps.map(({ key: other }) => other).filter((other) => other !== key && reached.has(other))
}
