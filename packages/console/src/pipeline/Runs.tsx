import type { Run, RunState } from '@evenkeel/contract'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { pathTo, shortRun } from '../shell/paths.ts'
import {
  Brief,
  Card,
  Empty,
  formatDuration,
  Loaded,
  More,
  PageLink,
  StateFilter,
  StateWord,
  Time,
} from '../ui/index.ts'
import { runsQuery } from './queries.ts'
import css from './Runs.module.css'
import { RUN_STATES } from './states.ts'

/** The runs of a pipeline, newest first; those of one state when it is asked for. */
export function Runs({ pipeline }: { readonly pipeline: string }) {
  const { state } = useSearch({ from: '/pipelines/$pipeline' })
  const navigate = useNavigate({ from: '/pipelines/$pipeline' })
  const choose = (chosen: RunState | undefined) =>
    void navigate({ search: (search) => ({ ...search, state: chosen }), replace: true, resetScroll: false })
  const runs = useInfiniteQuery(runsQuery(pipeline, state))
  return (
    <Card
      title="Runs"
      note="Newest first."
      actions={<StateFilter states={RUN_STATES} state={state} onChoose={choose} />}
      flush
    >
      <Loaded query={runs} height={240}>
        {({ pages }) => <Table runs={pages.flatMap(({ items }) => items)} state={state} />}
      </Loaded>
      <More query={runs} flush>
        Show older runs
      </More>
    </Card>
  )
}

function Table({ runs, state }: { readonly runs: readonly Run[]; readonly state: RunState | undefined }) {
  if (runs.length === 0) return <Empty title={state ? `No run is ${RUN_STATES[state].word}.` : 'It has not run yet.'} />
  return (
    <table className="ek-table ek-stack">
      <thead>
        <tr>
          <th>Run</th>
          <th>State</th>
          <th>Why</th>
          <th>Started</th>
          <th className="ek-num">Took</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <Row key={run.id} run={run} />
        ))}
      </tbody>
    </table>
  )
}

function Row({
  run: { id, state, reason, trigger, pipelineVersion, environment, sample, createdBy, createdAt, startedAt, endedAt },
}: {
  readonly run: Run
}) {
  const { mark, word } = RUN_STATES[state]
  return (
    <tr>
      <th scope="row" className={css['run']}>
        <PageLink href={pathTo('runs', id)} data-row>
          {shortRun(id)}
        </PageLink>
        <p>
          version {pipelineVersion} in {environment}
          {sample !== null && ', a sample'}
        </p>
      </th>
      <td className={css['says']}>
        <StateWord state={mark}>{word}</StateWord>
        {reason && (
          <p>
            <Brief text={reason} />
          </p>
        )}
      </td>
      <td data-label="Why">{trigger.says ? <Brief text={trigger.says} /> : '–'}</td>
      <td className={css['run']} data-label="Started">
        <Time at={createdAt} />
        <p>by {createdBy}</p>
      </td>
      <td className="ek-num" data-label="Took">
        {startedAt && endedAt ? formatDuration(Date.parse(endedAt) - Date.parse(startedAt)) : '–'}
      </td>
    </tr>
  )
}
