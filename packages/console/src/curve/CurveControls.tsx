import { useState } from 'react'
import { SegmentedControl, Switch, Slider } from '../ui/index.ts'
import css from './Curves.module.css'
import type { CurveView } from './points.ts'

interface CurveControlsProps {
  readonly view: CurveView
  readonly onChange: (next: Partial<CurveView>) => void
}

/** How the curves below are drawn. */
export function CurveControls({ view, onChange }: CurveControlsProps) {
  return (
    <div className={css['controls']}>
      <SegmentedControl
        aria-label="Across"
        size="xs"
        data={[
          { value: 'step', label: 'Steps' },
          { value: 'time', label: 'Time' },
        ]}
        value={view.axis}
        onChange={(value) => onChange({ axis: value as CurveView['axis'] })}
      />
      <Smoothing smooth={view.smooth} onChange={(smooth) => onChange({ smooth })} />
      <Switch
        size="xs"
        label="Log scale"
        checked={view.log}
        onChange={({ currentTarget }) => onChange({ log: currentTarget.checked })}
      />
      <SegmentedControl
        aria-label="View"
        size="xs"
        data={[
          { value: 'lines', label: 'Charts' },
          { value: 'table', label: 'Tables' },
        ]}
        value={view.charts}
        onChange={(value) => onChange({ charts: value as CurveView['charts'] })}
      />
    </div>
  )
}

function Smoothing({ smooth, onChange }: { readonly smooth: number; readonly onChange: (smooth: number) => void }) {
  const [dragged, setDragged] = useState<number>()
  return (
    <div className={css['smooth']}>
      <span>Smoothing</span>
      <Slider
        size="sm"
        min={0}
        max={0.99}
        step={0.01}
        thumbLabel="Smoothing"
        value={dragged ?? smooth}
        onChange={setDragged}
        onChangeEnd={(value) => {
          setDragged(undefined)
          onChange(value)
        }}
      />
    </div>
  )
}
