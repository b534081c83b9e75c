import { useEffect, useRef, useState } from 'react'
import { api } from '../api.ts'
import { useLive } from '../live/useLive.ts'
import { followLog } from './follow-log.ts'
import { appended, EMPTY, type LogText } from './log-text.ts'

export interface LogState {
  readonly log: LogText
  /** Nothing more will come. */
  readonly ended: boolean
  readonly error: Error | null
}

const NOTHING: LogState = { log: EMPTY, ended: false, error: null }

/** The log of one attempt of a step, as far as it is written; mount it anew for another. */
export function useLog(run: string, step: string, attempt: number): LogState {
  const [state, setState] = useState(NOTHING)
  const { state: live } = useLive()
  const paused = useRef(false)
  useEffect(() => {
    paused.current = live === 'paused'
  }, [live])

  useEffect(() => {
    const stop = new AbortController()
    void followLog({
      read: (offset, signal) =>
        api.pipelines.readLog({ params: { run, step }, query: { offset, attempt } }, { signal }),
      tell: (news) =>
        setState((before) =>
          news instanceof Error
            ? { ...before, error: news }
            : { log: appended(before.log, news.text), ended: news.ended, error: null },
        ),
      wait: (ms) => quietly(ms, () => stop.signal.aborted || (!paused.current && !document.hidden)),
      signal: stop.signal,
    })
    return () => stop.abort()
  }, [run, step, attempt])

  return state
}

/** Waits so long, and on while nobody would see what comes. */
async function quietly(ms: number, isOver: () => boolean): Promise<void> {
  do await new Promise((resolve) => setTimeout(resolve, ms))
  while (!isOver())
}
