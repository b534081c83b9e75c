import { useQueryClient } from '@tanstack/react-query'
import { createContext, use, useEffect, useMemo, useState } from 'react'
import { joinStream, type LiveState } from './connect.ts'
import { createRefresher } from './refresh.ts'

const POLL_MS = 15_000
const PAUSED_KEY = 'evenkeel-paused'

export interface Live {
  readonly state: LiveState
  setPaused(paused: boolean): void
}

export const LiveContext = createContext<Live>({ state: 'polling', setPaused: () => {} })
export const useLive = () => use(LiveContext)

/** How often to ask for what has no news of its own, such as counters: never while paused. */
export const useCounterIntervalMs = (): number | false => (useLive().state === 'paused' ? false : 5000)

/** News only invalidates what is on the screen; the refetch applies permissions as usual. */
export function useLiveStream(): Live {
  const client = useQueryClient()
  const refresher = useMemo(() => createRefresher(client), [client])
  const [stream, setStream] = useState<'live' | 'polling'>('polling')
  const [paused, setPaused] = useState(() => sessionStorage.getItem(PAUSED_KEY) === 'yes')

  useEffect(() => {
    if (paused) return
    const leave = joinStream({ onState: setStream, onNews: refresher.tell })
    document.addEventListener('visibilitychange', refresher.resume)
    return () => {
      leave()
      refresher.stop()
      document.removeEventListener('visibilitychange', refresher.resume)
    }
  }, [refresher, paused])

  useEffect(() => {
    if (paused || stream === 'live') return
    const timer = setInterval(refresher.everything, POLL_MS)
    return () => clearInterval(timer)
  }, [refresher, paused, stream])

  return {
    state: paused ? 'paused' : stream,
    setPaused(next) {
      sessionStorage.setItem(PAUSED_KEY, next ? 'yes' : 'no')
      setPaused(next)
      if (!next) refresher.everything()
    },
  }
}
