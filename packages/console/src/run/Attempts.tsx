import type { RunStep } from '@evenkeel/contract'
import { OUTCOMES } from '../pipeline/states.ts'
import { formatBytes, formatDuration, type MarkState, Part, StateWord, Time } from '../ui/index.ts'
import css from './Attempts.module.css'

type Attempt = RunStep['attempts'][number]

const MARKS: Readonly<Record<Attempt['state'], MarkState>> = {
  submitting: 'waiting',
  submitted: 'waiting',
  running: 'active',
  succeeded: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  lost: 'failed',
}

/** Each try of a step and how it ended, newest first. */
export function Attempts({ step: { attempts } }: { readonly step: RunStep }) {
  if (attempts.length === 0) return null
  return (
    <Part title="Attempts">
      <ol className={css['list']}>
        {attempts.toReversed().map((attempt) => (
          <li key={attempt.attempt}>
            <StateWord state={MARKS[attempt.state]}>
              {attempt.attempt}. {attempt.outcome ? OUTCOMES[attempt.outcome] : attempt.state}
            </StateWord>
            {attempt.reason && <p>{attempt.reason}</p>}
            {attempt.warnings.map((warning) => (
              <p key={warning}>Note: {warning}</p>
            ))}
            <p className="ek-dim">
              {factsOf(attempt).join(' · ')}
              {attempt.startedAt && (
                <>
                  {' · '}
                  <Time at={attempt.startedAt} />
                </>
              )}
            </p>
          </li>
        ))}
      </ol>
    </Part>
  )
}

function factsOf({ executor, image, runtime, exitCode, startedAt, endedAt, usage }: Attempt): string[] {
  return [
    `on ${executor}`,
    ...(image === null ? [] : [`in ${image}`]),
    ...softwareOf(runtime),
    ...(exitCode === null ? [] : [`exit code ${exitCode}`]),
    ...(startedAt && endedAt ? [`ran ${formatDuration(Date.parse(endedAt) - Date.parse(startedAt))}`] : []),
    ...(usage ? usedBy(usage) : []),
  ]
}

const usedBy = ({ cpuSeconds, peakMemoryBytes }: NonNullable<Attempt['usage']>): string[] => [
  cpuSeconds === null ? 'CPU not measured' : `CPU ${formatDuration(cpuSeconds * 1000)}`,
  peakMemoryBytes === null ? 'memory not measured' : `at most ${formatBytes(peakMemoryBytes)}`,
]

/** Nothing for the host: that is where steps run when nobody says otherwise. */
function softwareOf(runtime: Attempt['runtime']): string[] {
  if (!runtime?.digest) return []
  const built = `environment ${runtime.digest.slice('sha256:'.length, 19)} by ${runtime.tool}`
  return [`${runtime.kind} ${runtime.version ?? ''}`.trim(), built]
}
