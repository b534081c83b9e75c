import type { Pipeline } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Card, Empty, Loaded } from '../ui/index.ts'
import { triggersQuery } from './queries.ts'
import { TriggerTable } from './TriggerTable.tsx'

/** What starts the pipeline by itself. */
export function Triggers({ pipeline: { name, triggers } }: { readonly pipeline: Pipeline }) {
  const all = useQuery(triggersQuery)
  return (
    <Card title="Triggers" note="What starts it by itself." flush>
      {triggers.length === 0 ? (
        <Empty title="Nothing does; it runs when someone asks." />
      ) : (
        <Loaded query={all} height={120}>
          {({ items }) => <TriggerTable triggers={items.filter(({ pipeline }) => pipeline === name)} />}
        </Loaded>
      )}
    </Card>
  )
}
