import type { EndpointView, Rollout } from '@evenkeel/contract'
import { pathToVersion } from '../shell/paths.ts'
import { Card, CopyLine, Empty, formatDate, PageLink, StateMark, StateWord, Time } from '../ui/index.ts'
import { ROLLOUT_STATES, stepsDone, stepsOf } from './rollout-words.ts'
import css from './RolloutCard.module.css'
import { TrafficBar } from './TrafficBar.tsx'

/** Who gets the traffic now, and how far the rollout is. */
export function RolloutCard({ endpoint }: { readonly endpoint: EndpointView }) {
  const { rollout, model, version, arms } = endpoint
  if (version === null && !rollout) {
    return (
      <Card title="Traffic">
        <Empty title="Nothing is served here yet. Deploy a version that passed its gate:">
          <CopyLine text={`evenkeel deploy ${model}@1 --endpoint ${endpoint.name}`} />
        </Empty>
      </Card>
    )
  }
  return (
    <Card title="Traffic" actions={rollout && <RolloutTitle rollout={rollout} />}>
      {arms.length > 0 && <TrafficBar arms={arms} model={model} />}
      {rollout && <Progress rollout={rollout} />}
    </Card>
  )
}

function RolloutTitle({
  rollout: { state, fromVersion, toVersion, model, startedAt, startedBy },
}: {
  readonly rollout: Rollout
}) {
  const { mark, word } = ROLLOUT_STATES[state]
  return (
    <span className="ek-row">
      <span className="ek-dim">
        {fromVersion === null ? 'first version ' : `version ${fromVersion} → `}
        <PageLink href={pathToVersion(model, toVersion)}>{`version ${toVersion}`}</PageLink>, started{' '}
        <Time at={startedAt} /> by {startedBy}
      </span>
      <StateWord state={mark}>{word}</StateWord>
    </span>
  )
}

function Progress({ rollout }: { readonly rollout: Rollout }) {
  const steps = stepsOf(rollout.plan.steps)
  const done = stepsDone(rollout.state, rollout.stepIndex, steps.length)
  return (
    <div className={css['progress']}>
      <ol className={css['steps']} aria-label="Steps of the rollout">
        {steps.map((step, i) => {
          const state = i < done ? 'done' : i === done ? ROLLOUT_STATES[rollout.state].mark : 'idle'
          return (
            <li key={step} data-state={state} aria-current={i === done ? 'step' : undefined}>
              <StateMark state={state} />
              {step}
            </li>
          )
        })}
      </ol>
      <p className={css['says']}>
        {rollout.says}
        {rollout.eventTimeStart && (
          <span className="ek-dim"> Since {formatDate(rollout.eventTimeStart)} in event time.</span>
        )}
      </p>
    </div>
  )
}
