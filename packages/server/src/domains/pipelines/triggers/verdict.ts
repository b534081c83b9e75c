import type { TriggerSpec } from '@evenkeel/contract'
import { type PauseColumns, pausedWords, pauseOf } from './pause.ts'
import type { ProjectPauseRow } from './store.ts'

/** What is true of a trigger and its pipeline at the moment of decision. */
export interface Situation<Run> {
  /** Absent when there is a reason not to run; `says` tells it then. */
  readonly run?: Run
  readonly says: string
  /** What happened, without what comes of it. */
  readonly occasion: string
  readonly spec: Pick<TriggerSpec, 'on' | 'window' | 'enabled' | 'cooldownSeconds' | 'whenBusy'>
  readonly trigger: PauseColumns
  readonly projectPause: ProjectPauseRow | undefined
  /** Id of a run of the pipeline that has not ended. */
  readonly openRun: string | null
  /** Firings of the pipeline that wait for its runs to end and came before this one. */
  readonly waitingBefore: number
  readonly lastStartedAt: Date | null
  readonly now: Date
}

export type Verdict<Run> =
  | { readonly outcome: 'started'; readonly says: string; readonly run: Run }
  | { readonly outcome: 'skipped'; readonly says: string }
  /** It waits for the runs before it to end; `replaces`: and those of its trigger that wait already need not. */
  | { readonly outcome: 'pending'; readonly says: string; readonly replaces: boolean }

const mostWaiting = 100

export function verdictOn<Run>(situation: Situation<Run>): Verdict<Run> {
  const { run, says, spec, occasion } = situation
  const skip = (why: string): Verdict<Run> => ({ outcome: 'skipped', says: `${occasion} ${notRun(spec)}: ${why}` })
  const against = whyHeld(situation)
  if (against !== undefined) return skip(against)
  if (run === undefined) return { outcome: 'skipped', says }
  const { openRun, waitingBefore } = situation
  const whenBusy = whenBusyOf(spec)
  if (whenBusy === 'skip') return openRun ? skip(inProgress(openRun)) : { outcome: 'started', says, run }
  if (openRun === null && waitingBefore === 0) return { outcome: 'started', says, run }
  if (whenBusy === 'queue' && waitingBefore >= mostWaiting) {
    return skip(`${waitingBefore} firings of this pipeline wait already; start it less often, or use "replace".`)
  }
  const waits = openRun ? `Waits for the run ${openRun} to end.` : 'Waits for the firings before it.'
  return { outcome: 'pending', says: `${occasion} ${waits}`, replaces: whenBusy === 'replace' }
}

/** What keeps the trigger itself from firing. */
function whyHeld({ spec, trigger, projectPause, lastStartedAt, now }: Situation<unknown>): string | undefined {
  if (!spec.enabled) return 'The trigger is switched off.'
  const pause = pauseOf(trigger, projectPause)
  if (pause) return pausedWords(pause)
  const until = (lastStartedAt?.getTime() ?? -Infinity) + spec.cooldownSeconds * 1000
  if (now.getTime() >= until) return undefined
  return `It started a run at ${lastStartedAt!.toISOString()}; none before ${new Date(until).toISOString()}.`
}

export const whenBusyOf = ({ on, whenBusy }: Pick<TriggerSpec, 'on' | 'whenBusy'>): 'skip' | 'queue' | 'replace' =>
  whenBusy ?? (on.kind === 'cron' && typeof on.catchUp === 'object' ? 'queue' : 'skip')

export const notRun = ({ window }: Pick<TriggerSpec, 'window'>): string => (window ? 'Not retrained' : 'Not started')

export const inProgress = (run: string): string => `The run ${run} of this pipeline is in progress.`
