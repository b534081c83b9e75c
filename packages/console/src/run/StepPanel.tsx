import { plural, type Run, type RunStep } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { lazy, Suspense, useState } from 'react'
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
  SegmentedControl,
  StateWord,
  Time,
} from '../ui/index.ts'
import { Attempts } from './Attempts.tsx'
import { Explanation } from './Explanation.tsx'
import { Metrics } from './Metrics.tsx'
import { Reason } from './Reason.tsx'

const Markdown = lazy(async () => ({ default: (await import('../ui/Markdown.tsx')).Markdown }))

interface StepPanelProps {
  readonly run: Run
  readonly step: RunStep
}

/** Everything about one step of a run: what became of it and why, what it left, what it said. */
export function StepPanel({ run, step }: StepPanelProps) {
  const { mark, word } = STEP_STATES[step.state]
  const newest = step.attempts.at(-1)?.attempt
  const [chosen, choose] = useState<number>()
  const attempt = chosen ?? newest
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
      <AttemptChoice step={step} attempt={attempt} onChoose={(one) => choose(one === newest ? undefined : one)} />
      <Summary run={run.id} step={step} attempt={attempt} />
      <Metrics key={attempt} run={run.id} step={step} attempt={attempt} />
      <StepLog run={run.id} step={step} attempt={attempt} />
    </>
  )
}

function State({
  step: { reason, needs, readyAt, startedAt, endedAt, progress, state, approval },
}: Pick<StepPanelProps, 'step'>) {
  const tookMs = startedAt && endedAt ? Date.parse(endedAt) - Date.parse(startedAt) : null
  return (
    <Part title="State">
      {reason && (
        <p>
          <Reason text={reason} />
        </p>
      )}
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
        {entries.map(([name, { digest, sizeBytes, fileCount }]) => (
          <Pair key={name} name={name}>
            {fileCount === null ? (
              <a className="ek-link" href={`/api/v1/artifacts/${digest}`} download={name}>
                {formatBytes(sizeBytes)}
              </a>
            ) : (
              `folder, ${plural(fileCount, 'file')}, ${formatBytes(sizeBytes)}`
            )}{' '}
            <code title={digest}>{digest.slice(0, 19)}…</code>
          </Pair>
        ))}
      </Pairs>
    </Part>
  )
}

interface OfAttempt {
  readonly run: string
  readonly step: RunStep
  /** Not known when it ran elsewhere, or not at all. */
  readonly attempt: number | undefined
}

interface ChoiceProps extends Pick<OfAttempt, 'step' | 'attempt'> {
  readonly onChoose: (attempt: number) => void
}

/** Which attempt the rest of the page is about; the newest at first. */
function AttemptChoice({ step: { attempts }, attempt, onChoose }: ChoiceProps) {
  if (attempts.length < 2 || attempt === undefined) return null
  return (
    <SegmentedControl
      size="xs"
      aria-label="Attempt"
      value={String(attempt)}
      onChange={(value) => onChoose(Number(value))}
      data={attempts.map((one) => ({ value: String(one.attempt), label: `Attempt ${one.attempt}` }))}
    />
  )
}

function Summary({ run, step, attempt }: OfAttempt) {
  const wrote = step.attempts.length > 0 || step.state === 'cached'
  const { data } = useQuery({ ...summaryQuery(run, step.key, attempt), enabled: wrote })
  if (!data?.markdown) return null
  return (
    <Card title={`Summary of ${step.key}`} note="As the step wrote it.">
      <Suspense>
        <Markdown text={data.markdown} />
      </Suspense>
    </Card>
  )
}

function StepLog({ run, step: { key, cache, approval }, attempt }: OfAttempt) {
  if (attempt !== undefined) return <Log key={attempt} run={run} step={key} attempt={attempt} />
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
