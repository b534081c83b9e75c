import {
  canonicalJson,
  type Metric,
  type OutputComparison,
  type Reproduction,
  type Sameness,
  sameText,
  type StepComparison,
  type StepState,
} from '@evenkeel/contract'
import type { StoredResult } from './results.ts'

/** A step that ended well has left something, whether it ran or was taken over. */
const isDone = (state: StepState): boolean => state === 'succeeded' || state === 'cached'
const isOpen = (state: StepState): boolean => ['pending', 'ready', 'waiting', 'running'].includes(state)

/** One step, then and now, as far as it has ended; outputs that are not bit-identical stay to be compared. */
export function compareStep(
  step: string,
  before: StoredResult | undefined,
  after: StoredResult | undefined,
  tolerance: number,
): StepComparison {
  const says = whyOtherEnd(before, after)
  const ended = after !== undefined && !isOpen(after.state)
  const compared = ended && says === ''
  return {
    step,
    sameness: says ? 'differs' : compared ? 'identical' : 'pending',
    says,
    before: before ? attempted(before) : null,
    after: after ? attempted(after) : null,
    outputs: compared ? compareOutputs(before!, after) : [],
    values: compared ? compareValues(before!.values, after.values, tolerance) : [],
    metrics: compareMetrics(before?.metrics ?? [], after?.metrics ?? []),
  }
}

/** A step that is not repeated, and why. */
export const notRepeated = (step: string, before: StoredResult, says: string): StepComparison => ({
  step,
  sameness: 'not_repeated',
  says,
  before: attempted(before),
  after: null,
  outputs: [],
  values: [],
  metrics: [],
})

const attempted = ({ state, attempts, durationMs }: StoredResult) => ({ state, attempts: [...attempts], durationMs })

function whyOtherEnd(before: StoredResult | undefined, after: StoredResult | undefined): string {
  if (!before) return 'It was not there then.'
  if (!after) return 'It was there then, and is not now.'
  if (isOpen(after.state) || after.state === before.state) return ''
  if (isDone(before.state) && isDone(after.state)) return ''
  return `It ${words[before.state]} then, and ${words[after.state]} now${after.reason ? `: ${after.reason}` : '.'}`
}

const words: Readonly<Record<StepState, string>> = {
  pending: 'had not begun',
  ready: 'had not begun',
  waiting: 'waited',
  running: 'ran',
  succeeded: 'succeeded',
  cached: 'succeeded',
  failed: 'failed',
  skipped: 'was skipped',
  cancelled: 'was cancelled',
}

function compareOutputs(before: StoredResult, after: StoredResult): OutputComparison[] {
  const names = new Set([...Object.keys(before.outputs), ...Object.keys(after.outputs)])
  return [...names].map((output) => {
    const [then, now] = [before.outputs[output] ?? null, after.outputs[output] ?? null]
    const says = then === null ? 'It was not there then.' : now === null ? 'It was there then, and is not now.' : ''
    const sameness: Sameness = says ? 'differs' : then!.digest === now!.digest ? 'identical' : 'pending'
    return { output, sameness, says, maxDifference: null, before: then, after: now }
  })
}

type Values = Readonly<Record<string, string>>

function compareValues(before: Values, after: Values, tolerance: number): StepComparison['values'] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].map((name) => {
    const [then, now] = [before[name] ?? null, after[name] ?? null]
    return { name, sameness: sameText(then, now, tolerance), before: then, after: now }
  })
}

function compareMetrics(before: readonly Metric[], after: readonly Metric[]): StepComparison['metrics'] {
  const nameOf = ({ name, labels }: Metric) => canonicalJson([name, labels])
  const then = new Map(before.map((metric) => [nameOf(metric), metric]))
  const now = new Map(after.map((metric) => [nameOf(metric), metric]))
  return [...new Map([...then, ...now])].map(([key, { name, labels }]) => ({
    name,
    labels,
    before: then.get(key)?.value ?? null,
    after: now.get(key)?.value ?? null,
  }))
}

/** What there would be in the registry, beside what is there. */
export function compareModelFile(
  digest: string,
  steps: readonly StepComparison[],
  registered: string | null,
): Reproduction['modelFile'] {
  const output = steps.flatMap(({ outputs }) => outputs).find(({ before }) => before?.digest === digest)
  const after = registered ?? output?.after?.digest ?? null
  if (after === digest) return { sameness: 'identical', says: '', before: digest, after }
  return { sameness: after === null ? 'not_repeated' : 'pending', says: '', before: digest, after }
}
