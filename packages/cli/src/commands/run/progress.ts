import { plural, type Run, type RunStep, type StepState } from '@evenkeel/contract'
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
  const { key, state, startedAt, endedAt, attempts } = step
  const took = state === 'succeeded' || state === 'failed' ? `  ${spanText(startedAt, endedAt)}` : ''
  const tries = attempts.length > 1 ? `  attempt ${attempts.length}` : ''
  const why = whyOf(step)
  return `${signs[state]} ${key}  ${state}${took}${tries}${why ? `  ${why}` : ''}`
}

/** How far it is says more than why it is not reused. */
function whyOf({ state, reason, cache, progress }: RunStep): string | null | undefined {
  if (state === 'succeeded') return null
  if (state === 'cached') return cache?.says
  return state === 'running' ? progressText(progress) || cache?.says : reason
}

/** `42 %, tree 84 of 200`; empty where it says nothing. */
export function progressText(progress: RunStep['progress']): string {
  if (!progress) return ''
  const share = progress.share > 0 ? `${Math.round(progress.share * 100)} %` : ''
  return [share, progress.says].filter(Boolean).join(', ')
}

/** What was told of a step last, and when. */
interface Told {
  readonly moved: string
  readonly says: string | undefined
  readonly at: number
}

const progressEveryMs = 5000

/**
 * Remembers what was told of a run.
 *
 * @returns what is worth a line at each look: steps that moved on, and every few seconds those that are further than
 *   they said before
 */
export function createNews() {
  const told = new Map<string, Told>()
  return ({ steps }: Pick<Run, 'steps'>, now: number): RunStep[] =>
    steps.filter((step) => {
      const { key, state, attempts, progress } = step
      if (state === 'pending' || state === 'ready') return false
      const after: Told = { moved: `${state} ${attempts.length}`, says: progress?.says, at: now }
      if (!isNews(told.get(key), after, state)) return false
      told.set(key, after)
      return true
    })
}

function isNews(before: Told | undefined, after: Told, state: StepState): boolean {
  if (before?.moved !== after.moved) return true
  return state === 'running' && before.says !== after.says && after.at - before.at >= progressEveryMs
}

/** `3 of 5 steps, 12.0 s so far, about 40.0 s left`. */
export function overall({ steps, startedAt, createdAt }: Run, typical: Typical, now: number): string {
  const left = millisecondsLeft(steps, typical, now)
  const done = steps.filter(({ state }) => isOver(state)).length
  const eta = left === undefined || left === 0 ? '' : `, about ${durationText(left)} left`
  return `${done} of ${plural(steps.length, 'step')}, ${spanText(startedAt ?? createdAt, null, now)} so far${eta}`
}
