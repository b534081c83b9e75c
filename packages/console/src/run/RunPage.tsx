import type { Run, RunStep } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useCounterIntervalMs } from '../live/useLive.ts'
import { runQuery } from '../pipeline/queries.ts'
import { sampleText, whereOf } from '../pipeline/environment.ts'
import { countsOf, RUN_STATES, STEP_STATES, telling } from '../pipeline/states.ts'
import { type ShownStep, Steps } from '../pipeline/Steps.tsx'
import { pathTo, shortRun } from '../shell/paths.ts'
import { Brief, formatDuration, Loaded, PageHead, PageLink, StateWord, Time } from '../ui/index.ts'
import { useNowMs } from '../ui/clock.ts'
import { About } from './About.tsx'
import { Actions } from './Actions.tsx'
import { Gantt } from './Gantt.tsx'
import { Reason } from './Reason.tsx'
import { StepPanel } from './StepPanel.tsx'

/** Where is it, why did it fail, what was slow? */
export function RunPage() {
  const { run: id } = useParams({ from: '/runs/$run' })
  const intervalMs = useCounterIntervalMs()
  const run = useQuery({
    ...runQuery(id),
    refetchInterval: ({ state }) => state.data?.endedAt === null && intervalMs,
  })
  const title = run.data ? `${run.data.pipeline}, run ${shortRun(id)}` : `Run ${shortRun(id)}`
  return (
    <div className="ek-page">
      <PageHead title={title} kind="Run" note={run.data && <Summary run={run.data} />}>
        {run.data && <Actions run={run.data} />}
      </PageHead>
      <Loaded query={run} height={560}>
        {(data) => <Content run={data} />}
      </Loaded>
    </div>
  )
}

function Summary({ run }: { readonly run: Run }) {
  const { pipeline, pipelineVersion, sample, state, reason, trigger, createdBy, createdAt } = run
  return (
    <>
      <div className="ek-row">
        <StateWord state={RUN_STATES[state].mark}>{RUN_STATES[state].word}</StateWord>
        {sample !== null && <StateWord state="attention">a sample: {sampleText(sample)}</StateWord>}
        {reason && (
          <span>
            <Reason text={reason} />
          </span>
        )}
      </div>
      {trigger.says && (
        <div>
          Why: <Brief text={trigger.says} />
        </div>
      )}
      <div>
        Version {pipelineVersion} of <PageLink href={pathTo('pipelines', pipeline)}>{pipeline}</PageLink> in{' '}
        {whereOf(run)} · started by {createdBy} <Time at={createdAt} /> · <Duration run={run} />
        {run.backfill && (
          <>
            {' '}
            · part of <PageLink href={pathTo('backfills', run.backfill)}>a backfill</PageLink>
          </>
        )}
      </div>
    </>
  )
}

function Duration({ run: { createdAt, startedAt, endedAt } }: { readonly run: Run }) {
  const nowMs = useNowMs()
  if (startedAt === null) return 'not at work yet'
  const queuedMs = Date.parse(startedAt) - Date.parse(createdAt)
  const ranMs = (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt)
  return `queued ${formatDuration(queuedMs)}, ${endedAt === null ? 'at work for' : 'took'} ${formatDuration(ranMs)}`
}

function Content({ run }: { readonly run: Run }) {
  const { step: wanted, view } = useSearch({ from: '/runs/$run' })
  const navigate = useNavigate({ from: '/runs/$run' })
  const shown = run.steps.find(({ key }) => key === wanted) ?? telling(run.steps)
  const change = (next: { step?: string; view?: 'graph' | 'list' }) =>
    void navigate({ search: (search) => ({ ...search, ...next }), replace: true, resetScroll: false })
  const select = (step: string) => change({ step })
  return (
    <>
      <Steps
        title="Steps"
        note={<Counts steps={run.steps} />}
        steps={run.steps.map(shownOf)}
        selected={shown?.key}
        onSelect={select}
        view={view}
        onView={(next) => change({ view: next })}
      />
      {shown && <StepPanel key={`${run.id} ${shown.key}`} run={run} step={shown} />}
      <Gantt run={run} selected={shown?.key} onSelect={select} />
      <About run={run} />
    </>
  )
}

function Counts({ steps }: Pick<Run, 'steps'>) {
  return (
    <span className="ek-row">
      {countsOf(steps).map(({ mark, word, count }) => (
        <StateWord key={word} state={mark}>
          {count} {word}
        </StateWord>
      ))}
    </span>
  )
}

function shownOf({ key, needs, state, startedAt, endedAt, attempts, progress }: RunStep): ShownStep {
  const { mark, word } = STEP_STATES[state]
  const tookMs = startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : undefined
  const notes = [
    ...(state === 'running' && progress ? [`${Math.round(progress.share * 100)} %`] : []),
    ...(attempts.length > 1 ? [`attempt ${attempts.length}`] : []),
    ...(tookMs === undefined || state === 'cached' ? [] : [formatDuration(tookMs)]),
  ]
  return { key, needs, mark, word, note: notes.join(' · ') }
}
