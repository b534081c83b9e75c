import type { FeatureComparison } from '@evenkeel/contract'
import { Empty, formatPercent } from '../ui/index.ts'
import css from './CategoryBars.module.css'

/** Shares of categories, the training data above the window. */
export function CategoryBars({ categories }: Pick<FeatureComparison, 'categories'>) {
  if (categories.length === 0) return <Empty title="Neither the training data nor this window has values." />
  const widest = Math.max(...categories.flatMap(({ referenceShare, currentShare }) => [referenceShare, currentShare]))
  const width = (share: number) => `${(100 * share) / (widest || 1)}%`
  return (
    <table className={css['bars']}>
      <thead>
        <tr>
          <th>Value</th>
          <th aria-label="Bars" />
          <th className="ek-num">Training data</th>
          <th className="ek-num">This window</th>
        </tr>
      </thead>
      <tbody>
        {categories.map(({ value, referenceShare, currentShare }) => (
          <tr key={value}>
            <th scope="row">{value}</th>
            <td className={css['pair']}>
              <span data-kind="reference" style={{ width: width(referenceShare) }} />
              <span data-kind="current" style={{ width: width(currentShare) }} />
            </td>
            <td className="ek-num">{formatPercent(referenceShare)}</td>
            <td className="ek-num">{formatPercent(currentShare)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
