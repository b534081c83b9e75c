import type { Backfill, BackfillPartition, PartitionState } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import { Card, Loaded, More, PageLink } from '../ui/index.ts'
import css from './Grid.module.css'
import { groupsOf } from './groups.ts'
import { partitionsQuery } from './queries.ts'
import { PARTITION_STATES } from './states.ts'

const CELLS_PER_PAGE = 1000

/** Every partition as a cell of a calendar, by its state; a cell with a run leads to it. */
export function Grid({ backfill: { id, unit, timezone, counts } }: { readonly backfill: Backfill }) {
  const partitions = useInfiniteQuery(partitionsQuery(id, CELLS_PER_PAGE))
  const states = (Object.keys(PARTITION_STATES) as PartitionState[]).filter((state) => counts[state] > 0)
  return (
    <Card title="Partitions by time" note={`Each one by its start, in ${timezone}.`}>
      <ul className={css['legend']} aria-label="States">
        {states.map((state) => (
          <li key={state}>
            <span className={css['cell']} data-state={state} aria-hidden="true" />
            {PARTITION_STATES[state].word}
          </li>
        ))}
      </ul>
      <Loaded query={partitions} height={200}>
        {({ pages }) => (
          <dl className={css['rows']}>
            {groupsOf(
              unit,
              pages.flatMap(({ items }) => items),
            ).map(({ name, partitions: found }) => (
              <div key={name} style={{ display: 'contents' }}>
                <dt>{name}</dt>
                <dd>
                  <ul className={css['cells']}>
                    {found.map((partition) => (
                      <li key={partition.position}>
                        <Cell partition={partition} short={partition.short} />
                      </li>
                    ))}
                  </ul>
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Loaded>
      <More query={partitions}>Show later partitions</More>
    </Card>
  )
}

function Cell({ partition, short }: { readonly partition: BackfillPartition; readonly short: string }) {
  const { state, version, runId, reason } = partition
  const words = `${partition.partition}: ${PARTITION_STATES[state].word}, version ${version}`
  const title = reason ? `${words}. ${reason}` : words
  if (runId === null)
    return (
      <span className={css['cell']} data-state={state} title={title}>
        {short}
      </span>
    )
  return (
    <PageLink
      href={pathTo('runs', runId)}
      underline={false}
      className={css['cell']}
      data-state={state}
      title={title}
      aria-label={words}
    >
      {short}
    </PageLink>
  )
}
