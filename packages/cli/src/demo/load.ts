import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export interface Prediction {
  readonly id: string
  readonly timeMs: number
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

export interface LoadCounts {
  sent: number
  failed: number
  /** Sent again under the same id, because nobody listened or the node said "not now". */
  retried: number
  /** The first few failures in words. */
  readonly failures: string[]
}

const CONNECTIONS = 24
const RETRY_FOR_MS = 20_000

/** Sends predictions to one endpoint over the Open Inference Protocol, one row a request, and counts what failed. */
export function createLoad(inferenceUrl: string, endpoint: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const url = new URL(`/v2/models/${endpoint}/infer`, inferenceUrl)
  const counts: LoadCounts = { sent: 0, failed: 0, retried: 0, failures: [] }

  const sendOne = async (prediction: Prediction): Promise<void> => {
    counts.sent++
    const body = inferBody(prediction)
    const giveUpAt = Date.now() + RETRY_FOR_MS
    let answer = await post(agent, url, body)
    while ((answer.status === 0 || answer.status === 503) && Date.now() < giveUpAt) {
      counts.retried++
      note(counts, answer)
      await delay(100)
      answer = await post(agent, url, body)
    }
    if (answer.status === 200) return
    counts.failed++
    note(counts, answer)
  }

  return {
    counts,
    /** Sends all of them, a fixed number at a time. */
    async send(predictions: readonly Prediction[]): Promise<void> {
      let next = 0
      const lane = async () => {
        while (next < predictions.length) await sendOne(predictions[next++]!)
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

/** What the caller knows as the flight leaves the gate; the node adds what the feature view knows. */
function inferBody({ id, timeMs, distance, origin, destination }: Prediction): string {
  const time = new Date(timeMs)
  const fp32 = (name: string, value: number) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] })
  const text = (name: string, value: string) => ({ name, datatype: 'BYTES', shape: [1, 1], data: [value] })
  return JSON.stringify({
    id,
    parameters: { event_time: time.toISOString() },
    inputs: [
      fp32('hour', time.getUTCHours() + time.getUTCMinutes() / 60),
      // ISO: Monday is 1 and Sunday is 7.
      fp32('day_of_week', time.getUTCDay() || 7),
      fp32('distance', distance),
      text('origin', origin),
      text('destination', destination),
    ],
  })
}
