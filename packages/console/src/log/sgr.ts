/** How a piece of a log is shown. A colour is a place in the palette of 16, or a colour of CSS. */
export interface Style {
  readonly colour?: number | string
  readonly background?: number | string
  readonly bold?: true
  readonly dim?: true
  readonly italic?: true
  readonly underline?: true
}

export interface Span {
  readonly text: string
  readonly style: Style
}

export const PLAIN: Style = {}

/** A control sequence: its params, and the byte that says what it does. */
const CSI = String.raw`\x1b\[([0-?]*)[ -/]*([@-~])`
/** A command to the terminal, such as a title or a link; up to BEL or ST. */
const OSC = String.raw`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`
const OTHER_ESCAPE = String.raw`\x1b[ -/]*[0-Z\\^-~]`
/** All but tab and the end of a line. */
const LONE_CONTROL = String.raw`[\x00-\x08\x0b-\x1f\x7f]`
/** @see ECMA-48, 5th edition, sections 5.3 and 5.4 */
const CONTROL = new RegExp([CSI, OSC, OTHER_ESCAPE, LONE_CONTROL].join('|'), 'g')

/** Parts a line by its SGR sequences, with the style in force before it and the one after; other sequences are dropped. */
export function parseSgr(
  line: string,
  before: Style = PLAIN,
): { readonly spans: readonly Span[]; readonly after: Style } {
  const spans: Span[] = []
  let style = before
  let from = 0
  const add = (until: number) => {
    if (until > from) spans.push({ text: line.slice(from, until), style })
  }
  for (const { 0: whole, 1: params = '', 2: final, index } of line.matchAll(CONTROL)) {
    add(index)
    from = index + whole.length
    if (final === 'm') style = applied(style, params)
  }
  add(line.length)
  return { spans: joined(spans), after: style }
}

/** What was parted by a sequence that changes nothing is one piece again. */
function joined(spans: readonly Span[]): Span[] {
  const whole: Span[] = []
  for (const span of spans) {
    const last = whole.at(-1)
    if (last?.style === span.style) whole[whole.length - 1] = { ...last, text: last.text + span.text }
    else whole.push(span)
  }
  return whole
}

/** Params that begin with one of `<=>?` are private to a terminal. */
function applied(style: Style, params: string): Style {
  if (/^[<=>?]/.test(params)) return style
  const codes = params.split(/[;:]/).map(Number)
  let next = style
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!
    if (code === 38 || code === 48) {
      const { colour, length } = extended(codes.slice(i + 1))
      if (colour !== undefined) next = { ...next, [code === 38 ? 'colour' : 'background']: colour }
      i += length
    } else next = changed(next, code)
  }
  return next
}

function changed(style: Style, code: number): Style {
  if (code === 0) return PLAIN
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 }
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 }
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 }
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 }
  if (code === 39) return without(style, 'colour')
  if (code === 49) return without(style, 'background')
  const on = SWITCHES_ON[code]
  if (on) return { ...style, [on]: true }
  return without(style, ...(SWITCHES_OFF[code] ?? []))
}

const SWITCHES_ON: Readonly<Record<number, keyof Style>> = { 1: 'bold', 2: 'dim', 3: 'italic', 4: 'underline' }
const SWITCHES_OFF: Readonly<Record<number, readonly (keyof Style)[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
}

function without(style: Style, ...names: readonly (keyof Style)[]): Style {
  if (!names.some((name) => name in style)) return style
  return Object.fromEntries(Object.entries(style).filter(([name]) => !names.includes(name as keyof Style)))
}

/** The colour after 38 or 48, and how many params it takes: `5;n`, or `2;r;g;b`. */
function extended([kind, ...rest]: readonly number[]): { readonly colour?: number | string; readonly length: number } {
  if (kind === 5) return { ...(isByte(rest[0]) && { colour: indexed(rest[0]) }), length: 2 }
  if (kind !== 2) return { length: 1 }
  const parts = rest.slice(0, 3)
  const whole = parts.length === 3 && parts.every(isByte)
  return { ...(whole && { colour: `rgb(${parts.join(' ')})` }), length: 4 }
}

const isByte = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value >= 0 && value <= 255

/** Levels of each channel in the cube of 6 × 6 × 6 that xterm has from 16 on; greys follow from 232. */
const CUBE = [0, 95, 135, 175, 215, 255] as const

function indexed(index: number): number | string {
  if (index < 16) return index
  if (index >= 232) return `rgb(${Array.from({ length: 3 }, () => 8 + 10 * (index - 232)).join(' ')})`
  const at = index - 16
  return `rgb(${[Math.floor(at / 36), Math.floor(at / 6) % 6, at % 6].map((level) => CUBE[level]).join(' ')})`
}
