import { setTimeout as delay } from 'node:timers/promises'

const PATIENCE_MS = 30_000
const AGAIN_AFTER_MS = 100

/** Asks again while nobody answers or the server is not ready: a restart of a part does not end the story. */
export const patientFetch: typeof fetch = async (url, init) => {
  const giveUpAt = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      const answer = await fetch(url, init)
      if (answer.status !== 503 || Date.now() > giveUpAt) return answer
      await answer.body?.cancel()
    } catch (error) {
      if (Date.now() > giveUpAt) throw error
    }
    await delay(AGAIN_AFTER_MS)
  }
}
