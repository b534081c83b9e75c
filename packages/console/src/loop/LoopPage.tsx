import type { LoopRow, ResultOf, loop } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Facts, Figure, formatCount, Loaded, PageHead } from '../ui/index.ts'
import { FirstSteps } from './FirstSteps.tsx'
import { ModelRow } from './ModelRow.tsx'
import { NeedsYou } from './NeedsYou.tsx'
import { loopQuery } from './queries.ts'

type LoopState = ResultOf<(typeof loop)['read']>

/** Is every model healthy, and what needs me? */
export function LoopPage() {
  const query = useQuery(loopQuery)
  return (
    <div className="ek-page">
      <PageHead title="Loop" note="Every model, where it is in its loop, and what needs you.">
        {query.data && query.data.rows.length > 0 && <Totals totals={query.data.totals} />}
      </PageHead>
      <Loaded query={query} height={420}>
        {({ needsYou, rows }) => (rows.length === 0 ? <FirstSteps /> : <Rows needsYou={needsYou} rows={rows} />)}
      </Loaded>
    </div>
  )
}

function Totals({ totals: { modelsLive, drifting, blocked } }: Pick<LoopState, 'totals'>) {
  return (
    <Facts>
      <Figure label="Live" value={formatCount(modelsLive)} />
      <Figure label="Drifting" value={formatCount(drifting)} />
      <Figure label="Blocked" value={formatCount(blocked)} />
    </Facts>
  )
}

function Rows({ needsYou, rows }: Pick<LoopState, 'needsYou' | 'rows'>) {
  const { model } = useSearch({ from: '/' })
  const navigate = useNavigate({ from: '/' })
  const selected = model ?? rows[0]?.model
  const select = (row: LoopRow) => void navigate({ search: { model: row.model }, replace: true })
  return (
    <>
      <NeedsYou items={needsYou} />
      {rows.map((row) => (
        <ModelRow key={row.model} row={row} selected={row.model === selected} onSelect={() => select(row)} />
      ))}
    </>
  )
}
