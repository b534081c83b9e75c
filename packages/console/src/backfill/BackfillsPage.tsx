import type { Backfill } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { pathTo, shortRun } from '../shell/paths.ts'
import {
  Brief,
  Card,
  CopyLine,
  formatCount,
  Loaded,
  Meter,
  More,
  PageHead,
  PageLink,
  StateWord,
  Time,
} from '../ui/index.ts'
import css from './Backfills.module.css'
import { backfillsQuery } from './queries.ts'
import { BACKFILL_STATES, codeWords, doneCount } from './states.ts'

/** Which pipelines were run for the past, with which code, and how far are they? */
export function BackfillsPage() {
  const backfills = useInfiniteQuery(backfillsQuery)
  return (
    <div className="ek-page">
      <PageHead
        title="Backfills"
        note="Pipelines that are run for the past, partition by partition, at low priority."
      />
      <Loaded query={backfills} height={300}>
        {({ pages }) => {
          const items = pages.flatMap((page) => page.items)
          return items.length === 0 ? <First /> : <Table backfills={items} />
        }}
      </Loaded>
      <More query={backfills}>Show older backfills</More>
    </div>
  )
}

function First() {
  return (
    <Card title="No backfill yet">
      <div className={css['first']}>
        <p>
          A backfill runs a pipeline once for each day, week, month or hour of the past, with old or new code, as you
          choose. It may be paused, survives restarts, and never makes live runs wait. First ask what it would do:
        </p>
        <CopyLine text="evenkeel backfill start my-pipeline --from 2025-01-01 --to 2025-01-31 --every 1d --code current --plan" />
      </div>
    </Card>
  )
}

function Table({ backfills }: { readonly backfills: readonly Backfill[] }) {
  return (
    <Card title="All backfills" note="Newest first." flush>
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>Backfill</th>
            <th>State</th>
            <th>Progress</th>
            <th>Range</th>
            <th>Why</th>
          </tr>
        </thead>
        <tbody>
          {backfills.map((backfill) => (
            <Row key={backfill.id} backfill={backfill} />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Row({ backfill }: { readonly backfill: Backfill }) {
  const { id, pipeline, state, counts, partitionCount, start, end, reason, createdBy, createdAt } = backfill
  const { mark, word } = BACKFILL_STATES[state]
  const done = doneCount(backfill)
  return (
    <tr>
      <th scope="row" className={css['name']}>
        <PageLink href={pathTo('backfills', id)} data-row>
          {pipeline} {shortRun(id)}
        </PageLink>
        <p>{codeWords(backfill)}</p>
      </th>
      <td data-label="State">
        <StateWord state={mark}>{word}</StateWord>
      </td>
      <td data-label="Progress" className={css['progress']}>
        {formatCount(done)} of {formatCount(partitionCount)} done
        {counts.failed > 0 && <>, {formatCount(counts.failed)} failed</>}
        <Meter share={done / partitionCount} label={`Done of ${pipeline} ${shortRun(id)}`} />
      </td>
      <td data-label="Range">
        {start.slice(0, 10)} … {end.slice(0, 10)}
      </td>
      <td data-label="Why" className={css['name']}>
        {reason ? <Brief text={reason} /> : '–'}
        <p>
          by {createdBy} <Time at={createdAt} />
        </p>
      </td>
    </tr>
  )
}
