import { useMemo, useState } from 'react'
import { foundIn, type LogLine } from './log-text.ts'

/** So many lines are on the page at once. */
export const SHOWN_LINES = 1000

export type Reader = ReturnType<typeof useReader>

/** Which part of a log is on the page, and what was searched for in it. */
export function useReader(lines: readonly LogLine[]) {
  const [wanted, setWanted] = useState('')
  const [current, setCurrent] = useState<number>()
  const [following, setFollowing] = useState(true)
  /** Where the shown lines end; the newest are shown when it is not set. */
  const [end, setEnd] = useState<number>()
  const found = useMemo(() => foundIn(lines, wanted), [lines, wanted])
  const until = Math.min(end ?? lines.length, lines.length)

  const jump = (line: number | undefined) => {
    if (line === undefined) return
    setCurrent(line)
    setFollowing(false)
    setEnd(isWithin(line, until) ? until : around(line, lines.length))
  }
  return {
    wanted,
    found,
    current,
    following,
    from: Math.max(0, until - SHOWN_LINES),
    until,
    atNewest: end === undefined,
    want(text: string) {
      setWanted(text)
      setCurrent(undefined)
    },
    next: () => jump(found.find((line) => line > (current ?? -1)) ?? found[0]),
    previous: () => jump(found.findLast((line) => line < (current ?? lines.length)) ?? found.at(-1)),
    follow(on: boolean) {
      setFollowing(on)
      if (on) setEnd(undefined)
    },
    /** Beyond the last line are the newest. */
    showUntil: (line: number) => setEnd(line < lines.length ? Math.max(SHOWN_LINES, line) : undefined),
  }
}

const isWithin = (line: number, end: number): boolean => line < end && line >= end - SHOWN_LINES

/** Where the shown lines end when this one is to be among them, as far from the edges as can be. */
const around = (line: number, count: number): number => Math.min(count, Math.max(SHOWN_LINES, line + SHOWN_LINES / 2))
