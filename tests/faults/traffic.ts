import { setTimeout as delay } from 'node:timers/promises'
import { NAME, ORIGIN_MS } from './small-model.ts'

const EVERY_MS = 200
const AGAIN_AFTER_MS = 100

export interface Sent {
  /** Acknowledged with 200. */
  readonly ids: string[]
  /** Attempts that were not answered with 200; each was repeated under the same id. */
  failedAttempts: number
}

/** Sends predictions with ids and event times that never repeat. */
export function createTraffic(inferenceUrl: string) {
  let next = 0

  async function sendOne(sent: Sent): Promise<void> {
    const number = next++
    const id = `p-${number}`
    while ((await post(inferenceUrl, id, number)) !== 200) {
      sent.failedAttempts++
      await delay(AGAIN_AFTER_MS)
    }
    sent.ids.push(id)
  }

  return {
    /** Predictions acknowledged so far. */
    count: () => next,
    /** Sends one prediction after the other for as long as something happens; it returns when each is acknowledged. */
    async during(happening: () => Promise<void>): Promise<Sent> {
      const sent: Sent = { ids: [], failedAttempts: 0 }
      let over = false
      const sending = (async () => {
        while (!over) {
          await sendOne(sent)
          await delay(EVERY_MS)
        }
      })()
      await happening().finally(() => (over = true))
      await sending
      return sent
    },
  }
}

/** @returns the status, or 0 when there was no answer */
async function post(inferenceUrl: string, id: string, number: number): Promise<number> {
  const tensor = (name: string, value: number) => ({ name, datatype: 'FP32', shape: [1, 1], data: [value] })
  const body = JSON.stringify({
    id,
    parameters: { event_time: new Date(ORIGIN_MS + number * 1000).toISOString() },
    inputs: [tensor('x', number % 50), tensor('y', number % 47)],
  })
  const url = `${inferenceUrl}/v2/models/${NAME}/infer`
  const headers = { 'content-type': 'application/json' }
  try {
    const answer = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10_000) })
    await answer.text()
    return answer.status
  } catch {
    return 0
  }
}
