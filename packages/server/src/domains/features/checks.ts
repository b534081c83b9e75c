import { featuresErrors } from '@evenkeel/contract'
import { failures } from '../../platform/errors.ts'
import { toGrid } from './grid.ts'
import type { EventColumns } from './tiles.ts'

const fail = failures(featuresErrors)

/** Clocks differ a little; an event of next year is a mistake, and would make every real one look old. */
const futureMs = 86_400_000
/** What a `Date` can hold, in epoch milliseconds. */
const latestMs = 8.64e15

export interface KeysAndTimes {
  readonly keys: readonly string[]
  readonly eventTimesMs: readonly number[]
}

const badPush = (reason: string) => fail('features.bad_push', { reason }, { why: reason })

/** @throws DomainError `features.bad_push` when there is not one usable time per key */
export function requirePairs({ keys, eventTimesMs }: KeysAndTimes): void {
  if (keys.length !== eventTimesMs.length) {
    throw badPush(`There are ${keys.length} keys and ${eventTimesMs.length} event times.`)
  }
  const badTime = eventTimesMs.findIndex((time) => !Number.isSafeInteger(time) || Math.abs(time) > latestMs)
  if (badTime >= 0) throw badPush(`Event time ${badTime} is ${eventTimesMs[badTime]}: send whole epoch milliseconds.`)
}

/**
 * @param measures - the measures of the view, in order
 * @throws DomainError `features.bad_push` when the columns do not fit the view or each other
 */
export function requireEvents(events: EventColumns, measures: readonly string[], now: Date): void {
  requirePairs(events)
  const { keys, eventTimesMs } = events
  const sent = Object.keys(events.measures).toSorted()
  if (sent.join() !== measures.join()) {
    throw badPush(`The view has the measures [${measures.join(', ')}], and [${sent.join(', ')}] were sent.`)
  }
  const early = eventTimesMs.findIndex((time) => time > now.getTime() + futureMs)
  if (early >= 0)
    throw badPush(`Event time ${early} lies in the future: ${new Date(eventTimesMs[early]!).toISOString()}.`)
  for (const name of measures) requireValues(name, events.measures[name]!, keys.length)
}

function requireValues(name: string, values: readonly number[], length: number): void {
  if (values.length !== length) throw badPush(`There are ${length} keys and ${values.length} values of "${name}".`)
  const bad = values.findIndex((value) => !Number.isFinite(toGrid(value)))
  if (bad >= 0) throw badPush(`Value ${bad} of "${name}" is ${values[bad]}, which is too large to be summed up.`)
}
