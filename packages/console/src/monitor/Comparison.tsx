import type { FeatureComparison, MonitorWindow } from '@evenkeel/contract'
import { IconX } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { ActionIcon, Empty, formatDate, Loaded } from '../ui/index.ts'
import { CategoryBars } from './CategoryBars.tsx'
import css from './Comparison.module.css'
import { HistogramPair } from './HistogramPair.tsx'
import { comparisonQuery } from './queries.ts'

interface ComparisonProps {
  readonly monitor: string
  readonly window: MonitorWindow
  readonly feature: string
  readonly onClose: () => void
}

/** One feature of one window beside its training data. */
export function Comparison({ monitor, window, feature, onClose }: ComparisonProps) {
  const comparison = useQuery(comparisonQuery(monitor, window.start, feature))
  const drift = feature === 'score' ? window.score : window.columns.find((column) => column.feature === feature)
  return (
    <section className={css['comparison']} aria-label={`${feature} against its training data`}>
      <header className={css['head']}>
        <div>
          <h3>
            {feature}, {formatDate(window.start)} to {formatDate(window.end)}
          </h3>
          {drift && <p>{drift.says}</p>}
        </div>
        <ul className={css['legend']}>
          <li>
            <span data-kind="reference" /> training data
          </li>
          <li>
            <span data-kind="current" /> this window
          </li>
        </ul>
        <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label="Close the comparison">
          <IconX size={16} />
        </ActionIcon>
      </header>
      <Loaded query={comparison} height={180}>
        {(data) => <Picture comparison={data} />}
      </Loaded>
    </section>
  )
}

function Picture({ comparison }: { readonly comparison: FeatureComparison }) {
  const { kind, reference, current, categories, feature } = comparison
  if (kind === 'categorical') return <CategoryBars categories={categories} />
  if (!reference && !current) return <Empty title="Neither the training data nor this window has values." />
  return <HistogramPair feature={feature} reference={reference} current={current} />
}
