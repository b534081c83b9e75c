import { isFolder, type ModelVersion } from '@evenkeel/contract'
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
          <Pairs entries={filesOf(version)} />
        </Part>
        {labelsOf(version).length > 0 && (
          <Part title="Labels">
            <Pairs entries={labelsOf(version)} />
          </Part>
        )}
      </Parts>
      <div className="ek-row">
        <DeployButton version={version} kind="secondary" />
        <OverrideGate version={version} />
      </div>
    </div>
  )
}

type Entries = readonly (readonly [string, string])[]

function filesOf(version: ModelVersion): Entries {
  const { artifact, origin, lineage } = version
  if (artifact) {
    const { format, sizeBytes, digest } = artifact
    return [
      ['format', format.toUpperCase()],
      ['size', formatBytes(sizeBytes)],
      ['digest', `${digest.slice(0, 19)}…`],
    ]
  }
  if (!origin) return []
  if (isFolder(version)) {
    const { format = 'files', source = origin.source } = lineage.environment
    return [
      ['format', format],
      ['digest of the folder', `${source.slice(0, 19)}…`],
    ]
  }
  return [
    ['files of MLflow', origin.source],
    ...(origin.runId === null ? [] : [['run', origin.runId] as const]),
    ...(origin.modelId === null ? [] : [['logged model', origin.modelId] as const]),
  ]
}

/** What clients of MLflow call it. */
const labelsOf = ({ stageLabel, tags }: ModelVersion): Entries => [
  ...(stageLabel === 'None' ? [] : [['stage of MLflow', stageLabel] as const]),
  ...Object.entries(tags),
]

function Checks({ version }: { readonly version: ModelVersion }) {
  const { artifact, gate } = version
  if (!artifact) {
    const what = isFolder(version) ? 'weights without their network' : 'what was logged with MLflow'
    return <p className="ek-dim">No gate judges {what}; register it as ONNX to deploy it.</p>
  }
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
