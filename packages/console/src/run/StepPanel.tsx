import type { Run, RunStep } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense } from 'react'
import { Log } from '../log/Log.tsx'
import { summaryQuery } from '../pipeline/queries.ts'
import { STEP_STATES } from '../pipeline/states.ts'
import { pathTo, shortRun } from '../shell/paths.ts'
import {
  Card,
  Empty,
  formatBytes,
  formatDuration,
  Meter,
  PageLink,
  Pair,
  Pairs,
  Part,
  Parts,
  StateWord,
  Time,
} from '../ui/index.ts'
import { Attempts } from './Attempts.tsx'
import { Explanation } from './Explanation.tsx'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

interface StepPanelProps {
  readonly run: Run
  readonly step: RunStep
}

/** Everything about one step of a run: what became of it and why, what it left, what it said. */
export function StepPanel({ run, step }: StepPanelProps) {
  const { mark, word } = STEP_STATES[step.state]
  return (
    <>
      <Card title={`Step ${step.key}`} actions={<StateWord state={mark}>{word}</StateWord>}>
        <Parts>
          <State step={step} />
          {step.cache && <Explanation run={run.id} step={step} />}
          <Attempts step={step} />
          <Values step={step} />
          <Outputs step={step} />
        </Parts>
      </Card>
      <Summary run={run.id} step={step} />
      <StepLog run={run.id} step={step} />
    </>
  )
}

function State({
  step: { reason, needs, readyAt, startedAt, endedAt, progress, state, approval },
}: Pick<StepPanelProps, 'step'>) {
  const tookMs = startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : null
  return (
    <Part title="State">
      {reason && <p>{reason}</p>}
      {approval && (
        <p>
          <PageLink href={pathTo('approvals', approval.id)}>
            {approval.state === 'pending' ? 'Read the evidence and decide' : 'What was decided, on what evidence'}
          </PageLink>
        </p>
      )}
      {state === 'running' && progress && (
        <>
          <p>{progress.says}</p>
          <Meter share={progress.share} label={`Done ${Math.round(progress.share * 100)} %`} />
        </>
      )}
      <Pairs>
        <Pair name="after">{needs.join(', ') || 'nothing; it is first'}</Pair>
        {readyAt && (
          <Pair name="ready">
            <Time at={readyAt} />
          </Pair>
        )}
        {startedAt && (
          <Pair name="started">
            <Time at={startedAt} />
          </Pair>
        )}
        {tookMs !== null && <Pair name="took">{formatDuration(tookMs)}</Pair>}
      </Pairs>
    </Part>
  )
}

function Values({ step: { values } }: Pick<StepPanelProps, 'step'>) {
  const entries = Object.entries(values)
  if (entries.length === 0) return null
  return (
    <Part title="Values">
      <Pairs entries={entries} />
    </Part>
  )
}

function Outputs({ step: { outputs } }: Pick<StepPanelProps, 'step'>) {
  const entries = Object.entries(outputs)
  if (entries.length === 0) return null
  return (
    <Part title="Outputs">
      <Pairs>
        {entries.map(([name, { digest, sizeBytes }]) => (
          <Pair key={name} name={name}>
            <a className="ek-link" href={`/api/v1/artifacts/${digest}`} download={name}>
              {formatBytes(sizeBytes)}
            </a>{' '}
            <code title={digest}>{digest.slice(0, 19)}…</code>
          </Pair>
        ))}
      </Pairs>
    </Part>
  )
}

function Summary({ run, step }: { readonly run: string; readonly step: RunStep }) {
  const wrote = step.attempts.length > 0 || step.state === 'cached'
  const { data } = useQuery({ ...summaryQuery(run, step.key), enabled: wrote })
  if (!data?.markdown) return null
  return (
    <Card title={`Summary of ${step.key}`} note="As the step wrote it.">
      <Suspense>
        <Markdown text={data.markdown} />
      </Suspense>
    </Card>
  )
}

function StepLog({ run, step: { key, attempts, cache, approval } }: { readonly run: string; readonly step: RunStep }) {
  const newest = attempts.at(-1)
  if (newest) return <Log key={newest.attempt} run={run} step={key} attempt={newest.attempt} />
  if (approval) return null
  return (
    <Card title={`Log of ${key}`}>
      <Empty title={cache?.fromRun ? 'It did not run here.' : 'It has not run yet.'}>
        {cache?.fromRun && (
          <PageLink href={`${pathTo('runs', cache.fromRun)}?step=${encodeURIComponent(key)}`}>
            Its log is with run {shortRun(cache.fromRun)}
          </PageLink>
        )}
      </Empty>
    </Card>
  )
}
