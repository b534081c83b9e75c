import { setTimeout as delay } from 'node:timers/promises'
import type { DemoApi } from './api.ts'
import type { Departures } from './flights.ts'
import type { Load, Prediction } from './load.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const SLICE_MS = 12 * HOUR_MS
/** Whether a flight was late is known two hours after it left. */
const LABEL_DELAY_MS = 2 * HOUR_MS
const PREDICTIONS_PER_MONTH = 20_000
const STALL_LIMIT_MS = 60_000

/** What is known two hours after departure; arrays of the same length, by time. */
interface Outcomes {
  readonly keys: string[]
  readonly eventTimesMs: number[]
  readonly late: number[]
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
  /** Event times up to which everything was sent, with how many predictions that makes. */
  const marks: { timeMs: number; sent: number }[] = []
  let completeMs = 0

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
    const { recordCount } = await api.monitoring.get({ params: { monitor } })
    const reached = marks.findLastIndex(({ sent }) => sent <= recordCount)
    if (reached === -1) return
    const { timeMs } = marks[reached]!
    marks.splice(0, reached + 1)
    completeMs = timeMs
    const body = { ids: [], labels: [], eventTimesMs: [], completeUntil: new Date(timeMs).toISOString() }
    await api.monitoring.addLabels({ params: { endpoint }, body })
  }

  return {
    /** Waits until records and labels before this event time are complete. */
    async settle(timeMs: number): Promise<void> {
      const giveUpAt = Date.now() + STALL_LIMIT_MS
      while (completeMs < timeMs && marks.length > 0) {
        if (Date.now() > giveUpAt) throw new Error(`the node delivered no records for ${STALL_LIMIT_MS / 1000} s`)
        await announce()
        if (completeMs < timeMs) await delay(100)
      }
    },

    /** Plays one month; `onDay` runs at the end of each day and may hold the event clock. */
    async month(month: number, departures: Departures, onDay: (endMs: number) => Promise<void>): Promise<void> {
      const { timesMs, late, distances, origins, destinations, airports } = departures
      const startMs = startOfDay(timesMs[0]!)
      const endMs = startOfDay(timesMs.at(-1)!) + DAY_MS
      const every = timesMs.length / PREDICTIONS_PER_MONTH
      let next = 0
      let known = 0
      let sampled = 0
      const outcomesUntil = (untilMs: number): Outcomes => {
        const from = known
        while (known < timesMs.length && timesMs[known]! <= untilMs) known++
        return outcomesOf(departures, from, known)
      }
      await push(rest)
      for (let fromMs = startMs; fromMs < endMs; fromMs += SLICE_MS) {
        const untilMs = fromMs + SLICE_MS
        const predictions: Prediction[] = []
        for (; next < timesMs.length && timesMs[next]! < untilMs; next++) {
          if (next < Math.floor(sampled * every)) continue
          sampled++
          const id = `f${month}-${next}`
          const timeMs = timesMs[next]!
          const [origin, destination] = [airports[origins[next]!]!, airports[destinations[next]!]!]
          predictions.push({ id, timeMs, distance: distances[next]!, origin, destination })
          labels.push({ id, label: late[next]!, timeMs })
        }
        await push(outcomesUntil(untilMs - LABEL_DELAY_MS))
        await load.send(predictions)
        await sendLabels(untilMs - LABEL_DELAY_MS)
        if (untilMs % DAY_MS === 0) {
          marks.push({ timeMs: untilMs - LABEL_DELAY_MS, sent: load.counts.sent - load.counts.failed })
          await onDay(untilMs)
        }
      }
      rest = outcomesOf(departures, known, timesMs.length)
    },
  }
}

const startOfDay = (timeMs: number) => Math.floor(timeMs / DAY_MS) * DAY_MS

function outcomesOf({ timesMs, late, origins, airports }: Departures, from: number, until: number): Outcomes {
  return {
    keys: Array.from(origins.subarray(from, until), (code) => airports[code]!),
    eventTimesMs: Array.from(timesMs.subarray(from, until)),
    late: Array.from(late.subarray(from, until)),
  }
}
