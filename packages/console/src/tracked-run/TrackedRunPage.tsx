import type { RunDetail } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { RUN_STATUSES, isOpen } from '../experiment/states.ts'
import { Duration } from '../experiment/RunCells.tsx'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { pathTo, pathToTrackedRun } from '../shell/paths.ts'
import { Card, Loaded, PageHead, PageLink, StateWord, Time } from '../ui/index.ts'
import { Markdown } from '../ui/Markdown.tsx'
import { About } from './About.tsx'
import { Actions } from './Actions.tsx'
import { Datasets } from './Datasets.tsx'
import { Files } from './Files.tsx'
import { Metrics } from './Metrics.tsx'
import { trackedRunQuery } from './queries.ts'

/** What was tried, and how did it go? */
export function TrackedRunPage() {
  const { run: id } = useParams({ from: '/experiments/$experiment/runs/$run' })
  const intervalMs = useCounterIntervalMs()
  const run = useQuery({
    ...trackedRunQuery(id),
    refetchInterval: ({ state }) => state.data !== undefined && isOpen(state.data.status) && intervalMs,
  })
  return (
    <div className="ek-page">
      <PageHead title={run.data?.name ?? 'Run'} kind="Tracked run" note={run.data && <Summary run={run.data} />}>
        {run.data && <Actions run={run.data} />}
      </PageHead>
      <Loaded query={run} height={560}>
        {(data) => <Content key={data.id} run={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ run }: { readonly run: RunDetail }) {
  const { mark, word } = RUN_STATUSES[run.status]
  const filter = `tags.mlflow.parentRunId = '${run.id}'`
  return (
    <>
      <div className="ek-row">
        <StateWord state={mark}>{word}</StateWord>
        {run.lifecycle === 'deleted' && <StateWord state="attention">deleted</StateWord>}
        <span>
          {run.endedMs === null ? 'for' : 'took'} <Duration run={run} />, started{' '}
          <Time at={new Date(run.startedMs).toISOString()} />
          {run.userId && ` by ${run.userId}`}
        </span>
      </div>
      <div>
        In <PageLink href={pathTo('experiments', run.experimentId)}>{run.experimentName}</PageLink>
        {run.parentId !== null && (
          <>
            {' '}
            · part of <PageLink href={pathToTrackedRun(run.experimentId, run.parentId)}>another run</PageLink>
          </>
        )}
        {run.children > 0 && (
          <>
            {' '}
            ·{' '}
            <PageLink href={`${pathTo('experiments', run.experimentId)}?filter=${encodeURIComponent(filter)}`}>
              {run.children} {run.children === 1 ? 'run' : 'runs'} below it
            </PageLink>
          </>
        )}
      </div>
    </>
  )
}

function Content({ run }: { readonly run: RunDetail }) {
  const note = run.tags['mlflow.note.content']
  return (
    <>
      {note && (
        <Card title="Description">
          <Markdown text={note} />
        </Card>
      )}
      <Metrics run={run} />
      <About run={run} />
      <Datasets datasets={run.datasets} />
      <Files folder={run.filesFolder} artifactUri={run.artifactUri} open={isOpen(run.status)} />
    </>
  )
}
