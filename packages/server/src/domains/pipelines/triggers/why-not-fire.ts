import type { RunState, TriggerReason } from '@evenkeel/contract'
import type { Champion } from '../needs.ts'
import { inProgress } from './verdict.ts'
import { type ResolvedWindow, type Span, words } from './window.ts'

/** What is true when a trigger fires. */
export interface Facts {
  /** Null for a trigger that asks for none. */
  readonly window: ResolvedWindow | null
  readonly champion: Champion | null
  /** Id of a run of this pipeline that has not ended. */
  readonly openRun: string | null
  /** The newest run on the same spans. */
  readonly sameSpans: { readonly id: string; readonly state: RunState } | null
  readonly rollout: string | null
  readonly cooldownDays: number
  /** Event time of what fired; null when it has none. */
  readonly eventTime: TriggerReason['eventTime']
}

const dayMs = 86_400_000

/** The first reason, in words, not to train again now; `undefined` when there is none. */
export function whyNotFire(facts: Facts): string | undefined {
  const { champion, openRun, rollout, window, sameSpans } = facts
  if (openRun) return inProgress(openRun)
  if (rollout) return `The rollout ${rollout} of this model is in progress.`
  if (window && champion && isSpan(champion, window.train)) {
    return `The champion, version ${champion.version}, was trained on just this data, ${words(window.train)}.`
  }
  if (window && sameSpans) {
    return `The run ${sameSpans.id} on the same data, ${words(window.train)}, ${past[sameSpans.state]}.`
  }
  return coolingDown(facts)
}

const past: { readonly [S in RunState]: string } = {
  queued: 'is queued',
  running: 'is running',
  waiting: 'is waiting',
  succeeded: 'has succeeded',
  failed: 'has failed; retry it by hand',
  cancelled: 'was cancelled; retry it by hand',
}

const isSpan = ({ trainedFrom, trainedUntil }: Champion, { from, until }: Span): boolean =>
  trainedFrom !== null &&
  trainedUntil !== null &&
  Date.parse(trainedFrom) === from &&
  Date.parse(trainedUntil) === until

function coolingDown({ champion, cooldownDays, eventTime }: Facts): string | undefined {
  if (!champion?.promotedEventTime || eventTime === null) return undefined
  const until = Date.parse(champion.promotedEventTime) + cooldownDays * dayMs
  if (Date.parse(eventTime) >= until) return undefined
  const end = new Date(until).toISOString()
  return `Version ${champion.version} was promoted at ${champion.promotedEventTime}; no retraining before ${end} (event time).`
}
