import type { Pipeline } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { pathTo } from '../shell/paths.ts'
import {
  Brief,
  Card,
  CopyLine,
  formatCount,
  formatDuration,
  Loaded,
  PageHead,
  PageLink,
  StateWord,
  Time,
} from '../ui/index.ts'
import css from './PipelinesPage.module.css'
import { pipelinesQuery } from './queries.ts'
import { Runtimes } from './Runtimes.tsx'
import { RUN_STATES } from './states.ts'

/** What can be run, and how did it go the last time? */
export function PipelinesPage() {
  const pipelines = useQuery(pipelinesQuery)
  return (
    <div className="ek-page">
      <PageHead title="Pipelines" note="What can be run, how it went the last time, and what starts it by itself." />
      <Loaded query={pipelines} height={300}>
        {({ items }) => (items.length === 0 ? <First /> : <Table pipelines={items} />)}
      </Loaded>
      <Runtimes />
    </div>
  )
}

function First() {
  return (
    <Card title="No pipeline yet">
      <div className={css['first']}>
        <p>
          A pipeline is a file that names the steps, their commands and what they need from each other. Write one, then
          store it; a changed file is a new version.
        </p>
        <CopyLine text="evenkeel pipeline apply pipelines/my-pipeline.yaml" />
      </div>
    </Card>
  )
}

function Table({ pipelines }: { readonly pipelines: readonly Pipeline[] }) {
  return (
    <Card title="All pipelines" note="j and k move, Enter opens." flush>
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>Pipeline</th>
            <th>Last run</th>
            <th>Why it ran</th>
            <th className="ek-num">Runs</th>
            <th>Starts by itself</th>
          </tr>
        </thead>
        <tbody>
          {pipelines.map((pipeline) => (
            <Row key={pipeline.name} pipeline={pipeline} />
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function Row({ pipeline: { name, version, spec, runCount, lastRun, triggers } }: { readonly pipeline: Pipeline }) {
  return (
    <tr>
      <th scope="row" className={css['name']}>
        <PageLink href={pathTo('pipelines', name)} data-row>
          {name}
        </PageLink>{' '}
        <span className="ek-dim">version {version}</span>
        {spec.description && (
          <p>
            <Brief text={spec.description} />
          </p>
        )}
      </th>
      <td data-label="Last run" className={css['last']}>
        {lastRun ? <LastRun run={lastRun} /> : <span className="ek-dim">never</span>}
      </td>
      <td data-label="Why it ran">{lastRun?.trigger.says ? <Brief text={lastRun.trigger.says} /> : '–'}</td>
      <td className="ek-num" data-label="Runs">
        {formatCount(runCount)}
      </td>
      <td data-label="Starts by itself">
        {triggers.length === 0 ? (
          <span className="ek-dim">no</span>
        ) : (
          triggers.map((trigger) => (
            <div key={trigger.name}>
              {trigger.name} {!trigger.spec.enabled && <span className="ek-dim">(off)</span>}
            </div>
          ))
        )}
      </td>
    </tr>
  )
}

function LastRun({
  run: { id, state, createdAt, startedAt, endedAt },
}: {
  readonly run: NonNullable<Pipeline['lastRun']>
}) {
  const { mark, word } = RUN_STATES[state]
  return (
    <>
      <PageLink href={pathTo('runs', id)} underline={false}>
        <StateWord state={mark}>{word}</StateWord>
      </PageLink>
      <p>
        <Time at={createdAt} />
        {startedAt && endedAt && <>, took {formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}</>}
      </p>
    </>
  )
}
