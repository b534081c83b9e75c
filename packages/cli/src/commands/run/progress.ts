import type { Run, RunStep, StepState } from '@evenkeel/contract'
import { durationText, spanText } from '../../table.ts'

/** How long steps usually take, in milliseconds. */
export type Typical = ReadonlyMap<string, number>

const isOver = (state: StepState): boolean =>
  state === 'succeeded' || state === 'cached' || state === 'failed' || state === 'skipped' || state === 'cancelled'

/**
 * How long a run will still take: the longest way through what is left of its graph, if there is room for everything at
 * once. `undefined` when a step on any way never ran before.
 */
export function millisecondsLeft(steps: readonly RunStep[], typical: Typical, now: number): number | undefined {
  const byKey = new Map(steps.map((step) => [step.key, step]))
  const known = new Map<string, number>()
  const left = (key: string): number => {
    const before = known.get(key)
    if (before !== undefined) return before
    const step = byKey.get(key)
    const total = step && !isOver(step.state) ? own(step, typical, now) + Math.max(0, ...step.needs.map(left)) : 0
    known.set(key, total)
    return total
  }
  const longest = Math.max(0, ...steps.map(({ key }) => left(key)))
  return Number.isNaN(longest) ? undefined : longest
}

function own({ key, startedAt }: RunStep, typical: Typical, now: number): number {
  const usual = typical.get(key) ?? NaN
  return startedAt === null ? usual : Math.max(0, usual - (now - Date.parse(startedAt)))
}

const signs: Readonly<Record<StepState, string>> = {
  pending: '·',
  ready: '·',
  waiting: '…',
  running: '▸',
  succeeded: '✓',
  cached: '=',
  failed: '✗',
  skipped: '-',
  cancelled: '-',
}

/** One line for a step that changed. */
export function stepLine(step: RunStep): string {
  const { key, state, startedAt, endedAt, reason, cache, attempts } = step
  const took = state === 'succeeded' || state === 'failed' ? `  ${spanText(startedAt, endedAt)}` : ''
  const tries = attempts.length > 1 ? `  attempt ${attempts.length}` : ''
  const why = state === 'cached' || state === 'running' ? cache?.says : state === 'succeeded' ? null : reason
  return `${signs[state]} ${key}  ${state}${took}${tries}${why ? `  ${why}` : ''}`
}

/** What is worth a line since the last look: steps that moved on. */
export function movedSteps(before: Run | undefined, after: Run): RunStep[] {
  const old = new Map(before?.steps.map(({ key, state, attempts }) => [key, `${state} ${attempts.length}`]))
  return after.steps.filter(({ key, state, attempts }) => {
    const isNews = state !== 'pending' && state !== 'ready'
    return isNews && old.get(key) !== `${state} ${attempts.length}`
  })
}

/** `3 of 5 steps, 12.0 s so far, about 40.0 s left`. */
export function overall({ steps, startedAt, createdAt }: Run, typical: Typical, now: number): string {
  const left = millisecondsLeft(steps, typical, now)
  const done = steps.filter(({ state }) => isOver(state)).length
  const eta = left === undefined || left === 0 ? '' : `, about ${durationText(left)} left`
  return `${done} of ${steps.length} steps, ${spanText(startedAt ?? createdAt, null, now)} so far${eta}`
}
