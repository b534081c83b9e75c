import { changedLines, type Difference, lineDiff } from '@evenkeel/contract'
import type { ReactNode } from 'react'
import { formatNumber, formatSigned } from '../ui/index.ts'
import css from './Differences.module.css'
import { LineDiff } from './LineDiff.tsx'
import { metricName } from './words.ts'

interface DifferenceTableProps {
  readonly heads: readonly [ReactNode, ReactNode]
  readonly rows: readonly Difference[]
}

/** One row for each name; a long text shows its lines that changed. */
export function DifferenceTable({ heads, rows }: DifferenceTableProps) {
  const numeric = rows.every(({ before, after }) => isNumber(before) && isNumber(after))
  const changes = rows.some(({ change }) => change !== null)
  return (
    <table className="ek-table">
      <thead>
        <tr>
          <th className={css['name']}>Name</th>
          <th className={numeric ? 'ek-num' : ''}>{heads[0]}</th>
          <th className={numeric ? 'ek-num' : ''}>{heads[1]}</th>
          {changes && <th className="ek-num">Change</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <DifferenceRow key={row.name} row={row} numeric={numeric} changes={changes} />
        ))}
      </tbody>
    </table>
  )
}

const isNumber = (value: Difference['before']) => value === null || typeof value === 'number'

interface DifferenceRowProps {
  readonly row: Difference
  readonly numeric: boolean
  /** Whether the table has a column for how far apart numbers are. */
  readonly changes: boolean
}

function DifferenceRow({ row, numeric, changes }: DifferenceRowProps) {
  const { part, name, before, after } = row
  const head = <th scope="row">{part === 'metrics' ? metricName(name) : name}</th>
  if (isLong(before) && isLong(after) && before !== after) {
    return (
      <tr>
        {head}
        <td colSpan={changes ? 3 : 2}>
          <LineDiff lines={changedLines(lineDiff(before, after), 2)} />
        </td>
      </tr>
    )
  }
  return (
    <tr>
      {head}
      <Value value={before} numeric={numeric} />
      <Value value={after} numeric={numeric} />
      {changes && <Change row={row} />}
    </tr>
  )
}

const isLong = (value: Difference['before']): value is string =>
  typeof value === 'string' && (value.length > 120 || value.includes('\n'))

function Value({ value, numeric }: { readonly value: Difference['before']; readonly numeric: boolean }) {
  return (
    <td className={numeric ? 'ek-num' : css['text']} title={value === null ? 'has none' : String(value)}>
      {typeof value === 'number' ? formatNumber(value) : String(value ?? '–')}
    </td>
  )
}

/** Colour is never all there is: the word says it too. */
function Change({ row: { change, better } }: { readonly row: Difference }) {
  if (change === null) return <td className="ek-num">–</td>
  return (
    <td className="ek-num">
      {formatSigned(change)}
      {better !== null && <span className={css[better]}>{better === 'after' ? ' better' : ' worse'}</span>}
    </td>
  )
}
