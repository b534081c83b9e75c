import {
  IconAlertTriangleFilled,
  IconCircle,
  IconCircleCheckFilled,
  IconCircleMinus,
  IconClockFilled,
  IconPlayerPlayFilled,
  IconPlayerStopFilled,
  IconRecycle,
  IconSquareRoundedXFilled,
} from '@tabler/icons-react'
import type { ReactNode } from 'react'

export type MarkState =
  | 'idle'
  | 'waiting'
  | 'active'
  | 'done'
  | 'reused'
  | 'skipped'
  | 'stopped'
  | 'attention'
  | 'failed'

/** How one state of something looks and reads. */
export interface StateLook {
  readonly mark: MarkState
  readonly word: string
}

const MARKS = {
  idle: { Icon: IconCircle, word: 'idle', colour: 'var(--ek-dim)' },
  waiting: { Icon: IconClockFilled, word: 'waiting', colour: 'var(--ek-dim)' },
  active: { Icon: IconPlayerPlayFilled, word: 'working', colour: 'var(--ek-accent)' },
  done: { Icon: IconCircleCheckFilled, word: 'done', colour: 'var(--ek-good)' },
  reused: { Icon: IconRecycle, word: 'reused', colour: 'var(--ek-good)' },
  skipped: { Icon: IconCircleMinus, word: 'skipped', colour: 'var(--ek-dim)' },
  stopped: { Icon: IconPlayerStopFilled, word: 'stopped', colour: 'var(--ek-dim)' },
  attention: { Icon: IconAlertTriangleFilled, word: 'needs attention', colour: 'var(--ek-warn)' },
  failed: { Icon: IconSquareRoundedXFilled, word: 'failed', colour: 'var(--ek-warn)' },
} as const

/** A state as shape and colour; the word is there for those who see neither. */
export function StateMark({ state, size = 15 }: { readonly state: MarkState; readonly size?: number }) {
  const { Icon, word, colour } = MARKS[state]
  return <Icon size={size} role="img" aria-label={word} style={{ color: colour, flexShrink: 0 }} />
}

/** A state with a word of its own beside the mark. */
export function StateWord({ state, children }: { readonly state: MarkState; readonly children: ReactNode }) {
  const { Icon, colour } = MARKS[state]
  return (
    <span className="ek-state" style={{ color: colour }}>
      <Icon size={14} aria-hidden="true" style={{ flexShrink: 0 }} />
      <span>{children}</span>
    </span>
  )
}
