import { useSyncExternalStore } from 'react'

/** Ages are shown in whole units; so often is enough. */
const TICK_MS = 5000

let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

function tick(): void {
  nowMs = Date.now()
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, TICK_MS)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The time, in epoch milliseconds, the same for everything on the page; it moves on every few seconds. */
export const useNowMs = (): number => useSyncExternalStore(subscribe, () => nowMs)
