import { PipelineSpec, StepSpec } from '@evenkeel/contract'
import { isInstance } from '../engine/condition.ts'
import { makePlan, type RunPlan, type RunPlanStep } from '../engine/plan.ts'
import { registering } from '../releases/narrowed.ts'

/** The step that compares, the last one of a reproduction. */
export const comparing = 'evenkeel.compare'

type LeftOut = ReadonlyMap<string, string>

/** The steps that are not repeated, and why: what would tell somebody outside, and what comes after it. */
export function leftOut({ steps }: RunPlan, without: readonly string[]): LeftOut {
  const gone = new Map<string, string>()
  for (const step of steps) {
    const why = whyNotRepeated(step, without)
    if (why) gone.set(step.key, why)
  }
  // A step may stand before what it needs, so this is repeated until nothing more has to go.
  for (let before = -1; before !== gone.size;) {
    before = gone.size
    for (const { key, needs } of steps) {
      const need = needs.find((one) => gone.has(one))
      if (need !== undefined && !gone.has(key)) gone.set(key, `It comes after "${need}".`)
    }
  }
  return gone
}

function whyNotRepeated({ key, uses, approval }: RunPlanStep, without: readonly string[]): string | undefined {
  if (uses === registering) return 'It registers a version; what it would have registered is compared.'
  if (approval !== null) return 'It asks people, who have decided already.'
  return without.some((name) => isInstance(key, name)) ? 'It was left out, as asked.' : undefined
}

/**
 * What the first run did, with every step run again and the comparison at its end.
 *
 * @param seeds - of steps whose result was made by another run
 */
export async function repeated(
  first: RunPlan,
  gone: LeftOut,
  { maxLiveAttempts, seeds }: { maxLiveAttempts: number; seeds: ReadonlyMap<string, number | null> },
): Promise<RunPlan> {
  const steps = first.steps
    .filter(({ key }) => !gone.has(key))
    .map((step) => (seeds.has(step.key) ? { ...step, seed: seeds.get(step.key)! } : step))
  const compare = await planCompare(steps.map(({ key }) => key))
  // It waits for nobody: whoever holds the group may hold it for days.
  return { ...first, steps: [...steps, compare], maxLiveAttempts, noCache: true, concurrency: null }
}

async function planCompare(needs: readonly string[]): Promise<RunPlanStep> {
  const step = StepSpec.parse({
    key: comparing,
    uses: 'compare-outputs',
    needs,
    when: { condition: '!cancelled()' },
    outputs: ['report'],
    retries: 1,
    cache: false,
  })
  const limits = { maxLiveAttempts: 1, noCache: true, nominal: null }
  const { steps } = await makePlan(PipelineSpec.parse({ steps: [step] }), limits, async () => [])
  return steps[0]!
}
