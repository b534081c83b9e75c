import type { ResultOf, triggers } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Card, Empty, Loaded, PageHead, StateWord, Time } from '../ui/index.ts'
import { PauseAll } from './PauseAll.tsx'
import { triggersQuery } from './queries.ts'
import { TriggerTable } from './TriggerTable.tsx'

type AllTriggers = ResultOf<(typeof triggers)['list']>

/** What happens by itself? */
export function AutomationsPage() {
  const all = useQuery(triggersQuery)
  return (
    <div className="ek-page">
      <PageHead title="Automations" note={<Summary paused={all.data?.paused ?? null} />}>
        {all.data && <PauseAll paused={all.data.paused} />}
      </PageHead>
      <Loaded query={all} height={300}>
        {({ items }) => (
          <Card title="Triggers of all pipelines" flush>
            {items.length === 0 ? (
              <Empty title="Nothing runs by itself yet; a trigger is written with its pipeline." />
            ) : (
              <TriggerTable triggers={items} ofAll />
            )}
          </Card>
        )}
      </Loaded>
    </div>
  )
}

function Summary({ paused }: Pick<AllTriggers, 'paused'>) {
  if (!paused) return 'What runs by itself, on what occasion, and what came of the last one.'
  return (
    <div className="ek-row">
      <StateWord state="attention">all triggers are paused</StateWord>
      <span>
        by {paused.by} <Time at={paused.at} />: {paused.why}
      </span>
    </div>
  )
}
