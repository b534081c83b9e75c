import type { Run } from '@evenkeel/contract'
import { useState } from 'react'
import { STEP_STATES } from '../pipeline/states.ts'
import { Button, Card, Empty, formatCount, formatDuration } from '../ui/index.ts'
import { useNowMs } from '../ui/clock.ts'
import { ganttOf, type Lane, type SegmentKind, ticksOf } from './gantt.ts'
import css from './Gantt.module.css'

interface GanttProps {
  readonly run: Run
  readonly selected: string | undefined
  readonly onSelect: (step: string) => void
}

/** More lanes than this are drawn when they are asked for. */
const FIRST_LANES = 100

/** When each attempt waited, started and ran: as bars, and in numbers. */
export function Gantt({ run, selected, onSelect }: GanttProps) {
  const [all, setAll] = useState(false)
  const { startMs, endMs, lanes } = ganttOf(run, useNowMs())
  const shown = all ? lanes : lanes.slice(0, FIRST_LANES)
  const scale = { startMs, spanMs: endMs - startMs }
  return (
    <Card title="Time" note="One line for each attempt, from the start of the run." actions={<Legend />} flush>
      {lanes.length === 0 ? (
        <Empty title="No step has been ready yet." />
      ) : (
        <table className={`ek-table ${css['table']}`}>
          <thead>
            <tr>
              <th>Step</th>
              <th className={css['chart']}>
                <Axis spanMs={scale.spanMs} />
              </th>
              <th className="ek-num">Waited</th>
              <th className="ek-num">Starting</th>
              <th className="ek-num">Ran</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((lane) => (
              <Row
                key={`${lane.step} ${lane.attempt}`}
                lane={lane}
                scale={scale}
                selected={lane.step === selected}
                onSelect={() => onSelect(lane.step)}
              />
            ))}
          </tbody>
        </table>
      )}
      {shown.length < lanes.length && (
        <div className={css['more']}>
          <Button kind="quiet" onClick={() => setAll(true)}>
            Show all {formatCount(lanes.length)}
          </Button>
        </div>
      )}
    </Card>
  )
}

const KINDS: readonly SegmentKind[] = ['waiting', 'starting', 'running']

function Legend() {
  return (
    <ul className={css['legend']}>
      {KINDS.map((kind) => (
        <li key={kind}>
          <span className={css['segment']} data-kind={kind} />
          {kind}
        </li>
      ))}
    </ul>
  )
}

function Axis({ spanMs }: { readonly spanMs: number }) {
  return (
    <div className={css['axis']} aria-hidden="true">
      {ticksOf(spanMs).map((ms) => (
        <span key={ms} style={{ left: `${(ms / spanMs) * 100}%` }}>
          {ms === 0 ? '0' : formatDuration(ms).replace(/\.0 s$/, ' s')}
        </span>
      ))}
    </div>
  )
}

/** What tells lanes of one step apart, or why there is none of an attempt. */
function tagOf({ attempt, state }: Lane): string {
  if (attempt === null) return STEP_WORDS[state] ?? state
  return attempt > 1 ? `attempt ${attempt}` : ''
}

const STEP_WORDS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(STEP_STATES).map(([state, { word }]) => [state, word]),
)

interface RowProps {
  readonly lane: Lane
  readonly scale: { readonly startMs: number; readonly spanMs: number }
  readonly selected: boolean
  readonly onSelect: () => void
}

function Row({ lane, scale, selected, onSelect }: RowProps) {
  const { step, state, segments } = lane
  const lengths = Map.groupBy(segments, ({ kind }) => kind)
  const length = (kind: SegmentKind) => {
    const segment = lengths.get(kind)?.[0]
    return segment ? formatDuration(segment.untilMs - segment.fromMs) : '–'
  }
  return (
    <tr data-selected={selected || undefined}>
      <th scope="row">
        <button type="button" className={css['step']} aria-pressed={selected} onClick={onSelect}>
          <span>{step}</span>
          <span className={css['attempt']}>{tagOf(lane)}</span>
        </button>
      </th>
      <td className={css['chart']}>
        <div className={css['track']}>
          {segments.map(({ kind, fromMs, untilMs }) => (
            <span
              key={kind}
              className={css['segment']}
              data-kind={kind}
              data-state={state}
              title={`${kind} ${formatDuration(untilMs - fromMs)}`}
              style={{
                left: `${((fromMs - scale.startMs) / scale.spanMs) * 100}%`,
                width: `${((untilMs - fromMs) / scale.spanMs) * 100}%`,
              }}
            />
          ))}
        </div>
      </td>
      <td className="ek-num" data-label="Waited">
        {length('waiting')}
      </td>
      <td className="ek-num" data-label="Starting">
        {length('starting')}
      </td>
      <td className="ek-num" data-label="Ran">
        {length('running')}
      </td>
    </tr>
  )
}
