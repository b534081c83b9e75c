import { parseSgr, PLAIN, type Span, type Style } from './sgr.ts'

export interface LogLine {
  readonly spans: readonly Span[]
  readonly text: string
}

/** What is known of a log. */
export interface LogText {
  readonly lines: readonly LogLine[]
  /** Lines before these that were let go. */
  readonly droppedCount: number
  /** The line that is still being written. */
  readonly rest: string
  /** In force where `rest` begins. */
  readonly style: Style
}

export const EMPTY: LogText = { lines: [], droppedCount: 0, rest: '', style: PLAIN }

/** A browser bears no more; the newest are worth most. */
export const MOST_LINES = 200_000

/** Adds what was written since. */
export function appended(log: LogText, chunk: string, mostLines = MOST_LINES): LogText {
  const raw = (log.rest + chunk).split('\n')
  const rest = raw.pop()!
  let { style } = log
  const added = raw.map((line) => {
    const read = lineOf(line, style)
    style = read.after
    return read.line
  })
  const lines = [...log.lines, ...added]
  const excess = Math.max(0, lines.length - mostLines)
  return { lines: excess > 0 ? lines.slice(excess) : lines, droppedCount: log.droppedCount + excess, rest, style }
}

/** All lines, also the one that is still being written. */
export const linesOf = ({ lines, rest, style }: LogText): readonly LogLine[] =>
  rest === '' ? lines : [...lines, lineOf(rest, style).line]

function lineOf(raw: string, style: Style): { readonly line: LogLine; readonly after: Style } {
  const { spans, after } = parseSgr(overwritten(raw), style)
  return { line: { spans, text: spans.map(({ text }) => text).join('') }, after }
}

/** A carriage return goes back to the start of the line: of a progress bar only its newest state is seen. */
function overwritten(raw: string): string {
  const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
  return line.slice(line.lastIndexOf('\r') + 1)
}

/** Places of the lines that contain a text, in any case. */
export function foundIn(lines: readonly LogLine[], wanted: string): number[] {
  const needle = wanted.trim().toLowerCase()
  if (needle === '') return []
  return lines.flatMap(({ text }, i) => (text.toLowerCase().includes(needle) ? [i] : []))
}
