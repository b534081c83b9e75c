import { shortestMaskedLength } from '@evenkeel/contract'

/** Hides what must not be read in what steps wrote. */
export interface Mask {
  text(text: string): string
  /** How far from its first byte something that is hidden may go on. */
  readonly reachBytes: number
  /**
   * The bytes in [from, to) of a window, with what is hidden replaced. What begins before `from` is left out there,
   * because the page before has replaced it; for that the window goes on for `reachBytes` on both sides.
   */
  bytes(window: Buffer, from: number, to: number): Buffer
  /** How many bytes at the end of a window may be the beginning of something that is still being written. */
  unfinishedBytes(window: Buffer): number
}

interface Span {
  readonly from: number
  readonly to: number
  readonly instead: string
}

/** Tokens of ours have no business in a log, whoever printed them. */
const token = /evenkeel_pat_[0-9a-f]+_[0-9a-f]+/g
const tokenReachBytes = 256

/** @param values - exact texts to hide; those that are too short to tell from an accident are let through */
export function createMask(values: readonly string[]): Mask {
  const hidden = values.filter((value) => value.length >= shortestMaskedLength)
  const needles = hidden.map((value) => Buffer.from(value))
  const bytes: Mask['bytes'] = (window, from, to) => replace(window, from, to, merged(spansIn(window, needles)))
  return {
    bytes,
    reachBytes: Math.max(tokenReachBytes, ...needles.map(({ length }) => length)),
    text(text) {
      if (!text.includes('evenkeel_pat_') && !hidden.some((value) => text.includes(value))) return text
      const window = Buffer.from(text)
      return bytes(window, 0, window.length).toString()
    },
    unfinishedBytes: (window) => Math.max(0, ...needles.map((needle) => beginningAtEnd(window, needle))),
  }
}

function spansIn(window: Buffer, needles: readonly Buffer[]): Span[] {
  const found: Span[] = []
  for (const needle of needles) {
    // One byte further each time: a value may overlap itself.
    for (let at = window.indexOf(needle); at >= 0; at = window.indexOf(needle, at + 1))
      found.push({ from: at, to: at + needle.length, instead: '***' })
  }
  for (const { index, 0: text } of window.toString('latin1').matchAll(token))
    found.push({ from: index, to: index + text.length, instead: 'evenkeel_pat_[redacted]' })
  return found
}

/** What overlaps becomes one. */
function merged(spans: readonly Span[]): Span[] {
  const result: Span[] = []
  for (const span of spans.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const last = result.at(-1)
    if (last && span.from < last.to) result[result.length - 1] = { ...last, to: Math.max(last.to, span.to) }
    else result.push(span)
  }
  return result
}

function replace(window: Buffer, from: number, to: number, spans: readonly Span[]): Buffer {
  const pieces: Buffer[] = []
  let at = from
  for (const span of spans) {
    if (span.to <= at || span.from >= to) continue
    pieces.push(window.subarray(at, Math.max(at, span.from)))
    if (span.from >= from) pieces.push(Buffer.from(span.instead))
    at = Math.min(to, span.to)
  }
  return Buffer.concat([...pieces, window.subarray(at, to)])
}

function beginningAtEnd(window: Buffer, needle: Buffer): number {
  for (let length = Math.min(needle.length - 1, window.length); length > 0; length--) {
    if (window.subarray(-length).equals(needle.subarray(0, length))) return length
  }
  return 0
}
