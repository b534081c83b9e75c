import type { Action } from './decide.ts'
import { unended } from './halt.ts'
import { type Lack, openLedger, type Places, runClaims, wordsOf } from './places.ts'
import type { Plan, States } from './states.ts'

/** What keeps a run from beginning, and which others it asks to end for its sake. */
export interface Entry {
  readonly actions: readonly Action[]
  readonly cancels: readonly string[]
}

/** Whether a run of a group may begin; `undefined` when it may, or has. */
export function decideEntry({ concurrency }: Plan, states: States, places: Places): Entry | undefined {
  const { run } = states
  if (run.state !== 'queued' || concurrency === null) return undefined
  if (run.cancel) return { actions: endAll(states, run.cancel.says), cancels: [] }
  const lack = openLedger(places, []).lackOf(runClaims(concurrency))
  if (!lack) return undefined
  const { whenBusy } = concurrency
  if (whenBusy === 'skip') return refuse(`Not started, because it does not wait for ${wordsOf(lack, places.run)}.`)
  const newer = whenBusy === 'queue' ? undefined : newestOf(lack, places)
  if (newer) return refuse(`The newer run ${newer} waits in its place in the group "${concurrency.group}".`)
  const reason = `Waits for ${wordsOf(lack, places.run)}.`
  return {
    actions: run.reason === reason ? [] : [{ kind: 'run', state: 'queued', reason }],
    cancels: whenBusy === 'cancel_running' && lack.free <= 0 ? runningOf(lack) : [],
  }
}

/** Nothing of it has run, so nothing is tidied up either. */
function endAll(states: States, reason: string): readonly Action[] {
  const steps = unended(states)
  if (steps.length === 0) return [{ kind: 'finish', state: 'cancelled', reason }]
  return steps.map(({ key }) => ({ kind: 'end', step: key, state: 'cancelled', reason }))
}

const refuse = (says: string): Entry => ({ actions: [{ kind: 'refuse', says }], cancels: [] })

/** The newest run that waits for the same, when that is another one. */
function newestOf({ claim }: Lack, { run, line }: Places): string | undefined {
  const waiting = line.filter(({ claims }) => claims.some(({ place }) => place === claim.place))
  const newest = waiting
    .map((waiter) => waiter.run)
    .toSorted()
    .at(-1)
  return newest !== undefined && newest > run ? newest : undefined
}

const runningOf = ({ holders }: Lack): string[] =>
  holders.filter(({ isStopping }) => !isStopping).map((holder) => holder.run)
