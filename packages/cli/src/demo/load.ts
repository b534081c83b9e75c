import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface Prediction {
  readonly id: string
  readonly timeMs: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** Of predictions, not of requests, but for `requests`. */
export interface LoadCounts {
  requests: number
  sent: number
  failed: number
  /** Sent again under the same id, because nobody listened or the node said "not now". */
  retried: number
  /** The first few failures in words. */
  readonly failures: string[]
}

const CONNECTIONS = 8
const BATCH_MS = 2 * 60 * 60_000
const RETRY_FOR_MS = 20_000

/** Asks for predictions over the Open Inference Protocol, the departures of two hours at once. */
export function createLoad(inferenceUrl: string, endpoint: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const url = new URL(`/v2/models/${endpoint}/infer`, inferenceUrl)
  const counts: LoadCounts = { requests: 0, sent: 0, failed: 0, retried: 0, failures: [] }

  const ask = async (rows: readonly Prediction[]): Promise<void> => {
    counts.requests++
    counts.sent += rows.length
    const body = inferBody(rows)
    const giveUpAt = Date.now() + RETRY_FOR_MS
    let answer = await post(agent, url, body)
    while ((answer.status === 0 || answer.status === 503) && Date.now() < giveUpAt) {
      counts.retried += rows.length
      note(counts, answer)
      await delay(100)
      answer = await post(agent, url, body)
    }
    if (answer.status === 200) return
    counts.failed += rows.length
    note(counts, answer)
  }

  return {
    counts,
    /** Sends all of them, which are in the order of time, a fixed number of requests at a time. */
    async send(predictions: readonly Prediction[]): Promise<void> {
      const batches = [...Map.groupBy(predictions, ({ timeMs }) => Math.floor(timeMs / BATCH_MS)).values()]
      let next = 0
      const lane = async () => {
        while (next < batches.length) await ask(batches[next++]!)
      }
      await Promise.all(Array.from({ length: CONNECTIONS }, lane))
    },
    close: () => agent.destroy(),
  }
}

interface Answer {
  /** 0 when there was no answer at all. */
  readonly status: number
  readonly text: string
}

function note(counts: LoadCounts, { status, text }: Answer): void {
  if (counts.failures.length < 5) counts.failures.push(`${status}: ${text.slice(0, 200)}`)
}

function post(agent: Agent, url: URL, body: string): Promise<Answer> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }))
      response.on('error', (error) => resolve({ status: 0, text: error.message }))
    })
    call.setTimeout(10_000, () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', (error) => resolve({ status: 0, text: error.message }))
    call.end(body)
  })
}

export type Load = ReturnType<typeof createLoad>

/** What the caller knows as each flight leaves the gate; the node adds what the feature view knows. */
function inferBody(rows: readonly Prediction[]): string {
  const shape = [rows.length, 1]
  const times = rows.map(({ timeMs }) => new Date(timeMs))
  const numbers = (name: string, data: readonly number[]) => ({ name, datatype: 'FP32', shape, data })
  const texts = (name: string, data: readonly string[]) => ({ name, datatype: 'BYTES', shape, data })
  return JSON.stringify({
    inputs: [
      texts(
        'row_id',
        rows.map(({ id }) => id),
      ),
      texts(
        'event_time',
        times.map((time) => time.toISOString()),
      ),
      numbers(
        'hour',
        times.map((time) => time.getUTCHours() + time.getUTCMinutes() / 60),
      ),
      // ISO: Monday is 1 and Sunday is 7.
      numbers(
        'day_of_week',
        times.map((time) => time.getUTCDay() || 7),
      ),
      numbers(
        'distance',
        rows.map(({ distance }) => distance),
      ),
      texts(
        'origin',
        rows.map(({ origin }) => origin),
      ),
      texts(
        'destination',
        rows.map(({ destination }) => destination),
      ),
    ],
  })
}
