import { setTimeout as delay } from 'node:timers/promises'
import { inBackground } from './acts/deps.ts'
import type { DemoApi } from './api.ts'
import type { Departures } from './flights.ts'
import type { Load, Prediction } from './load.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Events of so many days to come are pushed ahead; nodes answer rows that are up to four days old. */
const DAYS_AHEAD = 2
/** Whether a flight was late is known two hours after it left. */
const LABEL_DELAY_MS = 2 * HOUR_MS
const PREDICTIONS_PER_MONTH = 20_000
/** A week is judged so long after it is complete; else what follows from it would come at another time in each play. */
const JUDGED_WITHIN_MS = 2 * DAY_MS
const STALL_LIMIT_MS = 60_000
const SETTLE_PAUSE_MS = 30

/** What is known two hours after departure; arrays of the same length, by time. */
interface Outcomes {
  readonly keys: string[]
  readonly eventTimesMs: number[]
  readonly late: number[]
}

/** An event time up to which everything was sent. */
interface Mark {
  readonly timeMs: number
  /** How many predictions that makes. */
  readonly sent: number
  /** Settles when its labels were taken. */
  readonly labelled: Promise<void>
}

interface Label {
  readonly id: string
  readonly label: number
  readonly timeMs: number
}

export interface ReplayNames {
  readonly endpoint: string
  readonly view: string
  readonly monitor: string
}

/**
 * Plays real departures in event time: what is known two hours after a departure goes to the feature view and comes
 * back as a label, and an evenly spaced sample of the departures asks for a prediction as it leaves the gate.
 */
export function createReplay(api: DemoApi, load: Load, { endpoint, view, monitor }: ReplayNames) {
  /** Departures of the month before whose delay was not known at its end. */
  let rest: Outcomes = { keys: [], eventTimesMs: [], late: [] }
  let labels: Label[] = []
  let batch = 0
  /** Settles when the labels of every day so far were taken. */
  let labelled = Promise.resolve()
  const marks: Mark[] = []
  let completeMs = 0
  /** End of the first window that the monitor has not judged. */
  let unjudgedMs = Infinity

  /** Repeats a batch until every live node has it: a node may be starting again. The same batch counts once. */
  async function push({ keys, eventTimesMs, late }: Outcomes): Promise<void> {
    if (keys.length === 0) return
    const body = { batchId: `replay-${batch++}`, keys, eventTimesMs, measures: { late } }
    const giveUpAt = Date.now() + STALL_LIMIT_MS
    for (;;) {
      const { nodesWaiting } = await api.features.push({ params: { view }, query: { wait: 'nodes' }, body })
      if (nodesWaiting.length === 0) return
      if (Date.now() > giveUpAt) throw new Error(`the feature push was not applied by ${nodesWaiting.join(', ')}`)
    }
  }

  /** Each day when its outcomes are there; those of the next ones are on their way. */
  async function* pushedAhead(days: Iterator<Day, undefined>): AsyncGenerator<Day> {
    const ahead: { readonly day: Day; readonly pushed: Promise<void> }[] = []
    const pushNext = () => {
      const day = days.next().value
      if (day) ahead.push({ day, pushed: inBackground(push(day.outcomes)) })
    }
    for (let days = 0; days < DAYS_AHEAD; days++) pushNext()
    for (let next = ahead.shift(); next; next = ahead.shift()) {
      await next.pushed
      pushNext()
      yield next.day
    }
  }

  async function sendLabels(untilMs: number): Promise<void> {
    const known = labels.filter(({ timeMs }) => timeMs <= untilMs)
    labels = labels.filter(({ timeMs }) => timeMs > untilMs)
    if (known.length === 0) return
    const body = {
      ids: known.map(({ id }) => id),
      labels: known.map(({ label }) => label),
      eventTimesMs: known.map(({ timeMs }) => timeMs),
    }
    await api.monitoring.addLabels({ params: { endpoint }, body })
  }

  /** Tells the platform up to where records and labels are complete, as far as the node has delivered its records. */
  async function announce(): Promise<void> {
    const { recordCount, latest } = await api.monitoring.get({ params: { monitor } })
    if (latest) unjudgedMs = 2 * Date.parse(latest.end) - Date.parse(latest.start)
    const reached = marks.findLastIndex(({ sent }) => sent <= recordCount)
    if (reached === -1) return
    const { timeMs, labelled: hasLabels } = marks[reached]!
    marks.splice(0, reached + 1)
    await hasLabels
    completeMs = timeMs
    const body = { ids: [], labels: [], eventTimesMs: [], completeUntil: new Date(timeMs).toISOString() }
    await api.monitoring.addLabels({ params: { endpoint }, body })
  }

  return {
    /** Waits until records and labels before this event time are complete, and the monitor is not far behind them. */
    async settle(timeMs: number): Promise<void> {
      const giveUpAt = Date.now() + STALL_LIMIT_MS
      const isSettled = () => completeMs >= timeMs && timeMs <= unjudgedMs + JUDGED_WITHIN_MS
      while (!isSettled() && (completeMs >= timeMs || marks.length > 0)) {
        if (Date.now() > giveUpAt) throw new Error(`nothing was recorded or judged for ${STALL_LIMIT_MS / 1000} s`)
        await announce()
        if (!isSettled()) await delay(SETTLE_PAUSE_MS)
      }
    },

    /** Plays one month; `onDay` runs at the end of each day, and while it runs the event clock goes a day on at most. */
    async month(month: number, departures: Departures, onDay: (endMs: number) => Promise<void>): Promise<void> {
      await push(rest)
      let attended = Promise.resolve()
      for await (const day of pushedAhead(daysOf(month, departures))) {
        const timeMs = day.endMs - LABEL_DELAY_MS
        labels.push(...day.labels)
        labelled = inBackground(labelled.then(() => sendLabels(timeMs)))
        await load.send(day.predictions)
        marks.push({ timeMs, sent: load.counts.sent - load.counts.failed, labelled })
        await attended
        attended = inBackground(onDay(day.endMs))
      }
      await attended
      rest = outcomesOf(
        departures,
        countUntil(departures, endOf(departures) - LABEL_DELAY_MS),
        departures.timesMs.length,
      )
    },
  }
}

export type Replay = ReturnType<typeof createReplay>

interface Day {
  readonly endMs: number
  readonly predictions: readonly Prediction[]
  /** Of the predictions, in the same order. */
  readonly labels: readonly Label[]
  /** What becomes known on this day. */
  readonly outcomes: Outcomes
}

/** Cuts a month into days; samples the predictions evenly. */
function* daysOf(month: number, departures: Departures): Generator<Day, undefined> {
  const { timesMs, late, distances, origins, destinations, airports } = departures
  const every = timesMs.length / PREDICTIONS_PER_MONTH
  let sampled = 0
  let known = 0
  for (let endMs = startOfDay(timesMs[0]!) + DAY_MS; endMs <= endOf(departures); endMs += DAY_MS) {
    const until = countUntil(departures, endMs - 1)
    const predictions: Prediction[] = []
    const labels: Label[] = []
    for (let row = Math.floor(sampled * every); row < until; row = Math.floor(sampled * every)) {
      sampled++
      const [id, timeMs] = [`f${month}-${row}`, timesMs[row]!]
      const [origin, destination] = [airports[origins[row]!]!, airports[destinations[row]!]!]
      predictions.push({ id, timeMs, distance: distances[row]!, origin, destination })
      labels.push({ id, label: late[row]!, timeMs })
    }
    const knownBefore = known
    known = countUntil(departures, endMs - LABEL_DELAY_MS)
    yield { endMs, predictions, labels, outcomes: outcomesOf(departures, knownBefore, known) }
  }
  return undefined
}

const startOfDay = (timeMs: number) => Math.floor(timeMs / DAY_MS) * DAY_MS

const endOf = ({ timesMs }: Departures) => startOfDay(timesMs.at(-1)!) + DAY_MS

/** How many departures are not later. */
function countUntil({ timesMs }: Departures, timeMs: number): number {
  let low = 0
  let high = timesMs.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (timesMs[middle]! <= timeMs) low = middle + 1
    else high = middle
  }
  return low
}

function outcomesOf({ timesMs, late, origins, airports }: Departures, from: number, until: number): Outcomes {
  return {
    keys: Array.from(origins.subarray(from, until), (code) => airports[code]!),
    eventTimesMs: Array.from(timesMs.subarray(from, until)),
    late: Array.from(late.subarray(from, until)),
  }
}
