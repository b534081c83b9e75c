import type { PlannedStepView } from '@evenkeel/contract'
import { whoIsAsked } from './engine/asking.ts'
import type { StoredOutputs } from './engine/cache/parts.ts'
import type { LookUp } from './engine/cache/look-up.ts'
import { listSources } from './engine/expansion.ts'
import { type Params, type RunPlan, type RunPlanStep, sourcesOf } from './engine/plan.ts'
import type { PipelinesStore } from './store.ts'
import type { RunTarget } from './target.ts'

/** A run that has not been started. */
interface Previewed {
  readonly projectId: string
  readonly pipeline: string
  readonly plan: RunPlan
  readonly params: Params
  readonly target: RunTarget
}

/** Says for each step what a run would do with it; what nobody can know before is `unknown`. */
export async function previewRun(
  store: PipelinesStore,
  lookUp: LookUp,
  { projectId, pipeline, plan, params, target }: Previewed,
): Promise<PlannedStepView[]> {
  const durations = new Map((await store.typicalDurations(projectId, pipeline)).map(({ key, ms }) => [key, ms]))
  const outputs = new Map<string, { digest: string; sizeBytes: number }>()
  const views = new Map<string, PlannedStepView>()
  for (const step of inOrder(plan.steps)) {
    const source = step.source ?? null
    const head = { key: step.key, source, typicalDurationMs: durations.get(step.key) ?? null }
    const special = whatElse(step)
    if (special !== undefined) {
      views.set(step.key, { ...head, action: 'unknown', verdict: null, says: special })
      continue
    }
    const open = unknownSources(step, views)
    if (open.length > 0) {
      const says = `It depends on what ${open.map((key) => `"${key}"`).join(', ')} will leave.`
      views.set(step.key, { ...head, action: 'unknown', verdict: null, says })
      continue
    }
    const asked = { projectId, pipeline, target, plan, steps: [step], params, outputs: outputs as StoredOutputs }
    const [found] = await lookUp(store, asked)
    const { verdict, reused } = found!
    for (const [name, stored] of Object.entries(reused?.outputs ?? {})) outputs.set(`${step.key}/${name}`, stored)
    views.set(step.key, { ...head, action: reused ? 'reuse' : 'run', verdict, says: verdict.says })
  }
  return plan.steps.map(({ key }) => views.get(key)!)
}

/** What no earlier result tells: what people decide, what a step lists, what a condition reads. */
function whatElse({ approval, expand, when }: RunPlanStep): string | undefined {
  if (approval) return whoIsAsked(approval)
  if (expand) return `It becomes as many steps as ${listSources(expand).join(' and ')} will list.`
  return typeof when === 'object' ? `It runs if ${when.condition}.` : undefined
}

const unknownSources = (step: RunPlanStep, views: ReadonlyMap<string, PlannedStepView>): string[] =>
  sourcesOf(step.inputs).filter((source) => views.get(source)!.action !== 'reuse')

/** Each step after those it needs; the plan has no cycle. */
function inOrder(steps: readonly RunPlanStep[]): RunPlanStep[] {
  const byKey = new Map(steps.map((step) => [step.key, step]))
  const ordered = new Set<RunPlanStep>()
  const visit = (step: RunPlanStep): void => {
    if (ordered.has(step)) return
    for (const need of step.needs) visit(byKey.get(need)!)
    ordered.add(step)
  }
  steps.forEach(visit)
  return [...ordered]
}
