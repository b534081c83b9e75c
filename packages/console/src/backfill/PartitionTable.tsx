import type { BackfillPartition, PartitionState } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { pathTo, shortRun } from '../shell/paths.ts'
import { Brief, Card, Empty, Loaded, More, PageLink, StateFilter, StateWord } from '../ui/index.ts'
import css from './Backfills.module.css'
import { partitionsQuery } from './queries.ts'
import { PARTITION_STATES } from './states.ts'

const ROWS_PER_PAGE = 25

/** The partitions in words, with the run and the code of each; those of one state when it is asked for. */
export function PartitionTable({ backfill }: { readonly backfill: string }) {
  const { state } = useSearch({ from: '/backfills/$backfill' })
  const navigate = useNavigate({ from: '/backfills/$backfill' })
  const choose = (chosen: PartitionState | undefined) =>
    void navigate({ search: (search) => ({ ...search, state: chosen }), replace: true, resetScroll: false })
  const partitions = useInfiniteQuery(partitionsQuery(backfill, ROWS_PER_PAGE, state))
  return (
    <Card
      title="Partitions"
      note="Oldest first."
      actions={<StateFilter states={PARTITION_STATES} state={state} onChoose={choose} />}
      flush
    >
      <Loaded query={partitions} height={240}>
        {({ pages }) => <Table partitions={pages.flatMap(({ items }) => items)} state={state} />}
      </Loaded>
      <More query={partitions} flush>
        Show later ones
      </More>
    </Card>
  )
}

interface TableProps {
  readonly partitions: readonly BackfillPartition[]
  readonly state: PartitionState | undefined
}

function Table({ partitions, state }: TableProps) {
  if (partitions.length === 0)
    return <Empty title={`No partition is in the state "${PARTITION_STATES[state ?? 'pending'].word}".`} />
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Partition</th>
          <th>State</th>
          <th>Run</th>
          <th>Code</th>
          <th className="ek-num">Tries</th>
        </tr>
      </thead>
      <tbody>
        {partitions.map((partition) => (
          <Row key={partition.position} partition={partition} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ partition }: { readonly partition: BackfillPartition }) {
  const { mark, word } = PARTITION_STATES[partition.state]
  return (
    <tr>
      <th scope="row" className={css['name']}>
        {partition.partition}
        <p>
          {partition.start.slice(0, 16).replace('T', ' ')} … {partition.end.slice(0, 16).replace('T', ' ')} UTC
        </p>
      </th>
      <td data-label="State" className={`${css['name']} ${css['says']}`}>
        <StateWord state={mark}>{word}</StateWord>
        {partition.reason && (
          <p>
            <Brief text={partition.reason} />
          </p>
        )}
      </td>
      <td data-label="Run">
        {partition.runId ? (
          <PageLink href={pathTo('runs', partition.runId)} data-row>
            {shortRun(partition.runId)}
          </PageLink>
        ) : (
          <span className="ek-dim">none</span>
        )}
      </td>
      <td data-label="Code">version {partition.version}</td>
      <td className="ek-num" data-label="Tries">
        {partition.tries}
      </td>
    </tr>
  )
}
