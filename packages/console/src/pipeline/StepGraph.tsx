import { type KeyboardEvent, useMemo, useRef } from 'react'
import { StateMark } from '../ui/index.ts'
import { layoutOf, neighbourOf, NODE_HEIGHT, type PlacedStep } from './layout.ts'
import { NodeName } from './NodeName.tsx'
import type { ShownStep } from './Steps.tsx'
import css from './StepGraph.module.css'

interface StepGraphProps {
  readonly steps: readonly ShownStep[]
  readonly selected: string | undefined
  readonly onSelect: (key: string) => void
}

/** The steps from left to right; one is reached by Tab, the others from there with the arrow keys. */
export function StepGraph({ steps, selected, onSelect }: StepGraphProps) {
  const graph = useRef<HTMLDivElement>(null)
  // News of a run comes often and seldom changes the shape of its graph.
  const shape = JSON.stringify(steps.map(({ key, needs }) => ({ key, needs })))
  const layout = useMemo(() => layoutOf(JSON.parse(shape)), [shape])
  const entry = steps.some(({ key }) => key === selected) ? selected : steps[0]?.key
  const byKey = new Map(steps.map((step) => [step.key, step]))
  const focus = (key: string) => graph.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(key)}"]`)?.focus()

  return (
    <div
      ref={graph}
      className={css['graph']}
      role="group"
      aria-label="Graph of the steps"
      style={{ width: layout.width, height: layout.height }}
      onKeyDown={(event) => moveByArrows(event, layout.steps, focus)}
    >
      <svg width={layout.width} height={layout.height} className={css['edges']} aria-hidden="true">
        {layout.edges.map(({ from, to, path }) => (
          <path key={`${from} ${to}`} d={path} data-lit={from === selected || to === selected || undefined} />
        ))}
      </svg>
      {layout.steps.map((place) => (
        <Node
          key={place.key}
          place={place}
          width={layout.nodeWidth}
          step={byKey.get(place.key)!}
          selected={place.key === selected}
          reachable={place.key === entry}
          onSelect={() => onSelect(place.key)}
        />
      ))}
    </div>
  )
}

interface NodeProps {
  readonly place: PlacedStep
  readonly width: number
  readonly step: ShownStep
  readonly selected: boolean
  readonly reachable: boolean
  readonly onSelect: () => void
}

function Node({
  place,
  width,
  step: { key, label: shown, needs, mark, word, note },
  selected,
  reachable,
  onSelect,
}: NodeProps) {
  const order = needs.length > 0 ? `after ${needs.join(' and ')}` : 'first'
  const label = [shown ?? key, word, note, shown === undefined && order].filter(Boolean).join(', ')
  return (
    <button
      type="button"
      className={css['node']}
      style={{ left: place.x, top: place.y, width, height: NODE_HEIGHT }}
      data-step={key}
      data-state={mark}
      aria-pressed={selected}
      aria-label={label}
      title={label}
      tabIndex={reachable ? 0 : -1}
      onClick={onSelect}
    >
      {mark && <StateMark state={mark} />}
      <span className={css['words']}>
        <NodeName>{shown ?? key}</NodeName>
        <span className={css['note']}>{[word, note].filter(Boolean).join(' · ')}</span>
      </span>
    </button>
  )
}

const ARROWS = ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] as const

function moveByArrows(event: KeyboardEvent, steps: readonly PlacedStep[], focus: (key: string) => void): void {
  const arrow = ARROWS.find((key) => key === event.key)
  const here = (event.target as HTMLElement).dataset['step']
  if (!arrow || here === undefined) return
  event.preventDefault()
  const next = neighbourOf(steps, here, arrow)
  if (next !== undefined) focus(next)
}
