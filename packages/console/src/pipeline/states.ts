import type { AttemptOutcome, RunState, RunStep, StepState } from '@evenkeel/contract'
import type { StateLook } from '../ui/StateMark.tsx'

/** How each state of a run looks and reads. */
export const RUN_STATES: Readonly<Record<RunState, StateLook>> = {
  queued: { mark: 'waiting', word: 'queued' },
  running: { mark: 'active', word: 'running' },
  waiting: { mark: 'waiting', word: 'waiting' },
  succeeded: { mark: 'done', word: 'succeeded' },
  failed: { mark: 'failed', word: 'failed' },
  cancelled: { mark: 'stopped', word: 'cancelled' },
}

/** How each state of a step looks and reads, in the order in which one wants to hear of them. */
export const STEP_STATES: Readonly<Record<StepState, StateLook>> = {
  failed: { mark: 'failed', word: 'failed' },
  running: { mark: 'active', word: 'running' },
  waiting: { mark: 'waiting', word: 'waiting' },
  ready: { mark: 'waiting', word: 'ready' },
  pending: { mark: 'idle', word: 'not yet' },
  succeeded: { mark: 'done', word: 'succeeded' },
  cached: { mark: 'reused', word: 'reused' },
  skipped: { mark: 'skipped', word: 'skipped' },
  cancelled: { mark: 'stopped', word: 'cancelled' },
}

/** How an attempt ended, in words. */
export const OUTCOMES: Readonly<Record<AttemptOutcome, string>> = {
  ok: 'succeeded',
  exit: 'ended with an error',
  retry_requested: 'asked to be tried again',
  config: 'refused its configuration',
  timeout: 'took too long',
  stalled: 'gave no sign of life',
  signal: 'was killed',
  oom: 'ran out of memory',
  evicted: 'was evicted',
  lost: 'was lost',
  submit_failed: 'could not be started',
  input_unavailable: 'did not get its inputs',
  output_missing: 'left an output out',
  cancelled: 'was cancelled',
}

/** How many steps are in each state that occurs. */
export function countsOf(steps: readonly Pick<RunStep, 'state'>[]): (StateLook & { readonly count: number })[] {
  const byState = Map.groupBy(steps, ({ state }) => state)
  return (Object.keys(STEP_STATES) as StepState[]).flatMap((state) => {
    const count = byState.get(state)?.length ?? 0
    return count === 0 ? [] : [{ ...STEP_STATES[state], count }]
  })
}

/** The step one wants to see first: what failed, else what runs, else what waits, else the last that ended. */
export function telling(steps: readonly RunStep[]): RunStep | undefined {
  const ended = steps.filter(({ endedAt }) => endedAt !== null)
  return (
    steps.find(({ state }) => state === 'failed') ??
    steps.find(({ state }) => state === 'running') ??
    steps.find(({ state }) => state === 'waiting') ??
    ended.toSorted((a, b) => a.endedAt!.localeCompare(b.endedAt!)).at(-1) ??
    steps[0]
  )
}
