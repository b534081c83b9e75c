import type { RunRow } from '@evenkeel/contract'
import { useMemo } from 'react'
import type { CurveRun } from '../curve/MetricCurve.tsx'
import { columnsOf, columnText, titleOf } from '../experiment/columns.ts'
import { Card, Empty, Select, MultiSelect } from '../ui/index.ts'
import { downloadCsv } from '../ui/csv.ts'
import { CsvButton } from '../ui/CsvButton.tsx'
import { axesCsv, type Axis, axisOf, choicesOf, firstAxes } from './axes.ts'
import css from './Compare.module.css'
import { RunsChart } from './RunsChart.tsx'

interface RelationsProps {
  readonly runs: readonly RunRow[]
  readonly drawn: readonly CurveRun[]
  readonly axes: readonly string[] | undefined
  readonly x: string | undefined
  readonly y: string | undefined
  readonly asTable: boolean
  readonly onChange: (next: { axes?: string[]; x?: string; y?: string }) => void
}

/** So many names of a long list are shown at once; the rest is found by typing. */
const SHOWN = 100
const optionsOf = (columns: readonly ReturnType<typeof columnsOf>[number][]) =>
  columns.map((column) => ({ value: columnText(column), label: titleOf(column) }))

/** Which params and metrics go together? */
export function Relations(props: RelationsProps) {
  const choices = useMemo(() => choicesOf(props.runs), [props.runs])
  if (choices.metrics.length === 0) return null
  return (
    <>
      <Parallel {...props} choices={choices} />
      <Scatter {...props} choices={choices} />
    </>
  )
}

interface ChartProps extends RelationsProps {
  readonly choices: ReturnType<typeof choicesOf>
}

function Parallel({ runs, drawn, axes, asTable, onChange, choices }: ChartProps) {
  const known = new Set([...choices.params, ...choices.metrics].map(columnText))
  const chosen = axes ? columnsOf(axes).filter((column) => known.has(columnText(column))) : firstAxes(runs)
  const shown = chosen.map((column) => axisOf(column, runs))
  return (
    <Card
      title="Parallel coordinates"
      note="A line for each run; drag along an axis to pick a part of it."
      actions={<AxesCsv name="parallel coordinates" runs={drawn} axes={shown} />}
    >
      <div className={css['choice']}>
        <MultiSelect
          aria-label="Axes"
          size="xs"
          searchable
          limit={SHOWN}
          data={[
            { group: 'Params', items: optionsOf(choices.params) },
            { group: 'Metrics', items: optionsOf(choices.metrics) },
          ]}
          value={chosen.map(columnText)}
          onChange={(next) => onChange({ axes: next })}
        />
      </div>
      {shown.length < 2 ? (
        <Empty title="Choose at least two axes." />
      ) : (
        <RunsChart
          label={`Runs by ${shown.map(({ title }) => title).join(', ')}`}
          kind="parallel"
          runs={drawn}
          axes={shown}
          asTable={asTable}
        />
      )}
    </Card>
  )
}

function Scatter({ runs, drawn, x, y, asTable, onChange, choices }: ChartProps) {
  const first = firstAxes(runs)
  const find = (text: string | undefined, among: typeof first) => among.find((one) => columnText(one) === text)
  const across = find(x, [...choices.params, ...choices.metrics]) ?? first[0]!
  const up = find(y, choices.metrics) ?? choices.metrics[0]!
  const axes = [axisOf(across, runs), axisOf(up, runs)]
  return (
    <Card title="Scatter" note="A mark for each run." actions={<AxesCsv name="scatter" runs={drawn} axes={axes} />}>
      <div className={css['choice']}>
        <Select
          label="Across"
          size="xs"
          searchable
          limit={SHOWN}
          allowDeselect={false}
          data={[
            { group: 'Params', items: optionsOf(choices.params) },
            { group: 'Metrics', items: optionsOf(choices.metrics) },
          ]}
          value={columnText(across)}
          onChange={(value) => value !== null && onChange({ x: value })}
        />
        <Select
          label="Up"
          size="xs"
          searchable
          limit={SHOWN}
          allowDeselect={false}
          data={optionsOf(choices.metrics)}
          value={columnText(up)}
          onChange={(value) => value !== null && onChange({ y: value })}
        />
      </div>
      <RunsChart
        label={`${titleOf(up)} by ${titleOf(across)}`}
        kind="scatter"
        runs={drawn}
        axes={axes}
        asTable={asTable}
      />
    </Card>
  )
}

interface AxesCsvProps {
  readonly name: string
  readonly runs: readonly CurveRun[]
  readonly axes: readonly Axis[]
}

const AxesCsv = ({ name, runs, axes }: AxesCsvProps) => (
  <CsvButton of={name} onClick={() => downloadCsv(name, [axesCsv(runs, axes)])} />
)
