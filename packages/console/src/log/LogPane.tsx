import { type CSSProperties, type ReactNode, useLayoutEffect, useMemo, useRef } from 'react'
import { formatCount } from '../ui/index.ts'
import { terminal } from '../ui/tokens.ts'
import css from './Log.module.css'
import type { LogLine } from './log-text.ts'
import type { Style } from './sgr.ts'
import { type Reader, SHOWN_LINES } from './useReader.ts'

/** Nearer to the end than this is at the end, in pixels. */
const END_PX = 8

interface LogPaneProps {
  readonly label: string
  /** Not empty. */
  readonly lines: readonly LogLine[]
  readonly reader: Reader
}

/** Lines of a log in the colours they came with: the newest, or those around what was found. */
export function LogPane({ label, lines, reader }: LogPaneProps) {
  const { from, until, found, current, following, atNewest } = reader
  const box = useRef<HTMLDivElement>(null)
  const hits = useMemo(() => new Set(found), [found])

  useLayoutEffect(() => {
    if (following && atNewest) box.current!.scrollTop = box.current!.scrollHeight
  }, [following, atNewest, lines])
  useLayoutEffect(() => {
    const line = box.current!.querySelector<HTMLElement>('[data-current]')
    if (line) box.current!.scrollTop = line.offsetTop - box.current!.clientHeight / 2
  }, [current, from])

  return (
    <>
      {from > 0 && (
        <More onClick={() => reader.showUntil(from)}>{formatCount(Math.min(SHOWN_LINES, from))} earlier lines</More>
      )}
      <div
        ref={box}
        className={css['pane']}
        style={{ background: terminal.background, color: terminal.text, '--number': terminal.dim } as CSSProperties}
        role="group"
        aria-label={label}
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
          const atEnd = atNewest && scrollHeight - scrollTop - clientHeight < END_PX
          if (atEnd !== following) reader.follow(atEnd)
        }}
      >
        {lines.slice(from, until).map((line, i) => (
          <Line
            key={from + i}
            number={from + i + 1}
            line={line}
            hit={hits.has(from + i)}
            current={from + i === current}
          />
        ))}
      </div>
      {until < lines.length && (
        <More onClick={() => reader.showUntil(until + SHOWN_LINES)}>
          {formatCount(Math.min(SHOWN_LINES, lines.length - until))} later lines
        </More>
      )}
    </>
  )
}

function More({ onClick, children }: { readonly onClick: () => void; readonly children: ReactNode }) {
  return (
    <button type="button" className="ek-more" onClick={onClick}>
      {children}
    </button>
  )
}

interface LineProps {
  readonly number: number
  readonly line: LogLine
  readonly hit: boolean
  readonly current: boolean
}

function Line({ number, line, hit, current }: LineProps) {
  return (
    <div className={css['line']} data-number={number} data-hit={hit || undefined} data-current={current || undefined}>
      {line.spans.map(({ text, style }, i) => (
        <span key={i} style={cssOf(style)}>
          {text}
        </span>
      ))}
    </div>
  )
}

const colourOf = (colour: number | string): string => (typeof colour === 'number' ? terminal.palette[colour]! : colour)

function cssOf({ colour, background, bold, dim, italic, underline }: Style): CSSProperties {
  return {
    ...(dim && { color: terminal.dim }),
    ...(colour !== undefined && { color: colourOf(colour) }),
    // What stands on a colour must stay readable, so the colour is darkened.
    ...(background !== undefined && {
      background: `color-mix(in srgb, ${colourOf(background)} 30%, ${terminal.background})`,
    }),
    ...(bold && { fontWeight: 700 }),
    ...(italic && { fontStyle: 'italic' }),
    ...(underline && { textDecoration: 'underline' }),
  }
}
