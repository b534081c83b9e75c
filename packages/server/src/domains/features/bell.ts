import { listen } from '../../platform/live/listen.ts'

/** Says when to look again. Have it before the first look: what rings between two looks is not lost. */
export interface Waiter {
  /** Resolves when any server rang the channel, when the signal aborts, and after `atMostMs` in any case. */
  next(atMostMs: number): Promise<void>
  stop(): void
}

export interface Bell {
  waiter(signal?: AbortSignal): Waiter
}

/** A bell that every server hears. It holds one connection while anyone waits, and none otherwise. */
export function createBell(url: string, channel: string): Bell {
  const waiting = new Set<() => void>()
  let listener: ReturnType<typeof listen> | undefined

  function remove(ring: () => void): void {
    waiting.delete(ring)
    if (waiting.size > 0) return
    void listener?.stop()
    listener = undefined
  }

  return {
    waiter(signal) {
      let rang = false
      let wake = () => {}
      const ring = () => {
        rang = true
        wake()
      }
      waiting.add(ring)
      signal?.addEventListener('abort', ring, { once: true })
      listener ??= listen(url, channel, () => waiting.forEach((call) => call()))

      return {
        async next(atMostMs) {
          const timer = setTimeout(ring, atMostMs)
          if (!rang && !signal?.aborted) {
            await new Promise<void>((settle) => {
              wake = settle
            })
          }
          clearTimeout(timer)
          rang = false
        },
        stop() {
          signal?.removeEventListener('abort', ring)
          remove(ring)
        },
      }
    },
  }
}
