import { listen } from '../../platform/live/listen.ts'

/** Tells everyone who waits in this process that something was committed, by any server. */
export interface WakeUps {
  /** Ticks at once, then after each notification; several that come together make one tick. Ends with the signal. */
  ticks(signal: AbortSignal): AsyncGenerator<void>
}

/** Holds a connection to the database only while somebody waits. */
export function createWakeUps(url: string, channel: string): WakeUps {
  const waiting = new Set<() => void>()
  let listener: { stop(): Promise<void> } | undefined

  function join(notify: () => void): void {
    waiting.add(notify)
    listener ??= listen(url, channel, () => waiting.forEach((wake) => wake()))
  }

  async function leave(notify: () => void): Promise<void> {
    waiting.delete(notify)
    if (waiting.size > 0) return
    const last = listener
    listener = undefined
    await last?.stop()
  }

  return {
    async *ticks(signal) {
      let isDue = true
      let wake = () => {}
      const notify = () => {
        isDue = true
        wake()
      }
      signal.addEventListener('abort', notify, { once: true })
      join(notify)
      try {
        while (!signal.aborted) {
          if (!isDue) await new Promise<void>((resume) => (wake = resume))
          isDue = false
          if (!signal.aborted) yield
        }
      } finally {
        await leave(notify)
      }
    },
  }
}
