import type { ModelVersion } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Brief, Card, Time } from '../ui/index.ts'
import { historyEntries } from './history-entries.ts'
import css from './History.module.css'
import { aliasMovesQuery, approvalsQuery, stageMovesQuery } from './queries.ts'

interface HistoryProps {
  readonly model: string
  readonly versions: readonly ModelVersion[]
}

/** Who did what to this model, when and why. */
export function History({ model, versions }: HistoryProps) {
  const moves = useQuery(aliasMovesQuery(model)).data?.items ?? []
  const labels = useQuery(stageMovesQuery(model)).data?.items ?? []
  const approvals = useQuery(approvalsQuery(model)).data ?? []
  return (
    <Card title="History" note="Newest first.">
      <ol className={css['list']}>
        {historyEntries({ versions, moves, labels, approvals }).map(({ at, by, what, why }) => (
          <li key={`${at} ${what}`}>
            <span className={css['when']}>
              <Time at={at} />
            </span>
            <span>
              <span className={css['what']}>{what}</span>
              {by && <span className="ek-dim"> by {by}</span>}
              {why && (
                <p className={css['why']}>
                  <Brief text={why} />
                </p>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  )
}
