import type { ModelVersion } from '@evenkeel/contract'
import { formatBytes, formatNumber, Pairs, Part, Parts, StateMark } from '../ui/index.ts'
import { DeployButton } from './DeployButton.tsx'
import { EvaluationTable } from './EvaluationTable.tsx'
import { OverrideGate } from './OverrideGate.tsx'
import css from './VersionDetail.module.css'
import { metricName } from './words.ts'

/** Everything that speaks for or against one version. */
export function VersionDetail({ version }: { readonly version: ModelVersion }) {
  return (
    <div className={css['detail']}>
      <Parts>
        <Part title="Gate">
          <Checks version={version} />
        </Part>
        {version.evaluation && (
          <Part title="Candidate against champion">
            <EvaluationTable evaluation={version.evaluation} />
          </Part>
        )}
        <Part title="Metrics">
          <Pairs
            entries={Object.entries(version.metrics).map(([name, value]) => [metricName(name), formatNumber(value)])}
          />
        </Part>
        <Part title="Parameters">
          <Pairs entries={Object.entries(version.params).map(([name, value]) => [name, String(value)])} />
        </Part>
        <Part title="Artifact">
          <Pairs
            entries={[
              ['format', version.artifact.format.toUpperCase()],
              ['size', formatBytes(version.artifact.sizeBytes)],
              ['digest', `${version.artifact.digest.slice(0, 19)}…`],
            ]}
          />
        </Part>
      </Parts>
      <div className="ek-row">
        <DeployButton version={version} kind="secondary" />
        <OverrideGate version={version} />
      </div>
    </div>
  )
}

function Checks({ version: { gate } }: { readonly version: ModelVersion }) {
  if (!gate) return <p className="ek-dim">The gate has not decided yet.</p>
  return (
    <ul className={css['checks']}>
      {gate.checks.map(({ name, passed, says }) => (
        <li key={name}>
          <StateMark state={passed ? 'done' : 'failed'} />
          <span>
            {says} <span className="ek-dim">({name})</span>
          </span>
        </li>
      ))}
      {gate.override && (
        <li>
          <StateMark state="attention" />
          <span>
            Overridden by {gate.override.by}: {gate.override.reason}
          </span>
        </li>
      )}
    </ul>
  )
}
