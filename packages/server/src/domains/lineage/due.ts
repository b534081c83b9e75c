import type { Run, RunStep } from '@evenkeel/contract'
import type { EventType } from './dialect.ts'

/** A moment of a run (`step` is empty) or of one attempt of a step. */
export interface Moment {
  readonly step: string
  readonly attempt: number
  readonly type: EventType
  readonly at: string
  /** Which opening of the run it belongs to. */
  readonly runAttempt: number
}

/** A moment that was told before. */
export type Told = Pick<Moment, 'step' | 'attempt' | 'type'> & { readonly at: string }

const endOfRun: Partial<Record<Run['state'], EventType>> = { succeeded: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT' }
const endOfAttempt: Partial<Record<RunStep['attempts'][number]['state'], EventType>> = {
  succeeded: 'COMPLETE',
  failed: 'FAIL',
  lost: 'FAIL',
  cancelled: 'ABORT',
}

/**
 * What there is to tell of a run as it is now, beside what was told: the start of the run first, its end last, the steps by
 * their time between. Which news led here does not matter, nor how many were lost.
 */
export function dueMoments(run: Run, told: readonly Told[], now: Date): Moment[] {
  const ends = told.filter(({ step, type }) => step === '' && type !== 'START')
  const endType = endOfRun[run.state]
  const isToldEnd = endType !== undefined && ends.some(({ at }) => run.endedAt !== null && at >= run.endedAt)
  // A run that is open after its end was told, or ended later, has been opened again.
  const runAttempt = ends.length + (isToldEnd ? 0 : 1)
  if (run.state === 'queued' && run.startedAt === null && runAttempt === 1) return []
  const startAt = runAttempt === 1 ? (run.startedAt ?? run.createdAt) : now.toISOString()
  const all: Moment[] = [
    { step: '', attempt: runAttempt, type: 'START', at: startAt, runAttempt },
    ...run.steps.flatMap((step) => stepMoments(step, runAttempt)).toSorted((a, b) => a.at.localeCompare(b.at)),
    ...(endType && run.endedAt !== null
      ? [{ step: '', attempt: runAttempt, type: endType, at: run.endedAt, runAttempt }]
      : []),
  ]
  const known = new Set(told.map(nameOf))
  return all.filter((moment) => !known.has(nameOf(moment)))
}

const nameOf = ({ step, attempt, type }: Pick<Moment, 'step' | 'attempt' | 'type'>) => `${step}/${attempt}/${type}`

function stepMoments(step: RunStep, runAttempt: number): Moment[] {
  const say = (attempt: number, type: EventType, at: string) => ({ step: step.key, attempt, type, at, runAttempt })
  if (step.state === 'cached') {
    const at = step.endedAt ?? step.readyAt
    return at === null ? [] : [say(0, 'START', at), say(0, 'COMPLETE', at)]
  }
  return step.attempts.flatMap(({ attempt, state, submittedAt, startedAt, endedAt }) => {
    const end = endOfAttempt[state]
    const beganAt = startedAt ?? (end ? (submittedAt ?? endedAt) : null)
    if (beganAt === null) return []
    const start = say(attempt, 'START', beganAt)
    return end && endedAt !== null ? [start, say(attempt, end, endedAt < beganAt ? beganAt : endedAt)] : [start]
  })
}
