import type { ReactNode } from 'react'
import { Card, type MarkState, SegmentedControl, StateWord, useMediaQuery } from '../ui/index.ts'
import { StepGraph } from './StepGraph.tsx'
import css from './Steps.module.css'

/** A step of a pipeline or of a run, as the graph and the list show it. */
export interface ShownStep {
  readonly key: string
  readonly needs: readonly string[]
  /** What is shown in place of the key. */
  readonly label?: string
  readonly mark?: MarkState
  readonly word?: string
  readonly note?: string
}

interface StepsProps {
  readonly title: string
  readonly note?: ReactNode
  readonly steps: readonly ShownStep[]
  readonly selected: string | undefined
  readonly onSelect: (key: string) => void
  /** As the address says; what fits when it says nothing. */
  readonly view: 'graph' | 'list' | undefined
  readonly onView: (view: 'graph' | 'list') => void
}

/** A graph of more than this is opened as a list. */
const EASY_COUNT = 60
/** No graph of more than this is drawn. */
const MOST_COUNT = 300
const NARROW = '(max-width: 640px)'

/** The steps as a graph or as a list; one of them can be chosen. */
export function Steps({ title, note, steps, selected, onSelect, view, onView }: StepsProps) {
  const narrow = useMediaQuery(NARROW, window.matchMedia(NARROW).matches)
  const tooMany = steps.length > MOST_COUNT
  const shown = tooMany ? 'list' : (view ?? (narrow || steps.length > EASY_COUNT ? 'list' : 'graph'))
  return (
    <Card
      title={title}
      note={note}
      flush
      actions={
        !tooMany && (
          <SegmentedControl
            aria-label="View of the steps"
            size="xs"
            data={[
              { value: 'graph', label: 'Graph' },
              { value: 'list', label: 'List' },
            ]}
            value={shown}
            onChange={(value) => onView(value as 'graph' | 'list')}
          />
        )
      }
    >
      {shown === 'graph' ? (
        <StepGraph steps={steps} selected={selected} onSelect={onSelect} />
      ) : (
        <StepList steps={steps} selected={selected} onSelect={onSelect} />
      )}
    </Card>
  )
}

function StepList({ steps, selected, onSelect }: Pick<StepsProps, 'steps' | 'selected' | 'onSelect'>) {
  return (
    <ol className={css['list']} aria-label="Steps">
      {steps.map(({ key, label, needs, mark, word, note }) => (
        <li key={key}>
          <button
            type="button"
            className={css['step']}
            data-row
            aria-pressed={key === selected}
            onClick={() => onSelect(key)}
          >
            <span className={css['key']}>{label ?? key}</span>
            {mark && <StateWord state={mark}>{word}</StateWord>}
            <span>{note}</span>
            <span className={css['needs']}>
              {needs.length > 0 && label === undefined && `after ${needs.join(', ')}`}
            </span>
          </button>
        </li>
      ))}
    </ol>
  )
}
