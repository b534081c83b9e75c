import type { AliasMove, Approval, ModelVersion, StageMove } from '@evenkeel/contract'

export interface HistoryEntry {
  /** ISO 8601. */
  readonly at: string
  readonly by: string | null
  readonly what: string
  readonly why: string
}

interface Sources {
  readonly versions: readonly ModelVersion[]
  readonly moves: readonly AliasMove[]
  readonly labels: readonly StageMove[]
  readonly approvals: readonly Approval[]
}

/** Everything that happened to a model, newest first. */
export function historyEntries({ versions, moves, labels, approvals }: Sources): HistoryEntry[] {
  return [
    ...versions.flatMap(ofVersion),
    ...moves.map(ofMove),
    ...labels.map(ofLabel),
    ...approvals.flatMap(ofApproval),
  ].toSorted((a, b) => b.at.localeCompare(a.at))
}

function ofVersion({ version, createdAt, createdBy, lineage, gate, canary }: ModelVersion): HistoryEntry[] {
  const name = `Version ${version}`
  return [
    { at: createdAt, by: createdBy, what: `${name} was registered`, why: lineage.trigger?.says ?? '' },
    ...(gate
      ? [
          {
            at: gate.decidedAt,
            by: null,
            what: `${name} ${gate.passed ? 'passed' : 'failed'} its gate`,
            why: gate.says,
          },
        ]
      : []),
    ...(gate?.override
      ? [
          {
            at: gate.override.at,
            by: gate.override.by,
            what: `The gate of version ${version} was overridden`,
            why: gate.override.reason,
          },
        ]
      : []),
    ...(canary
      ? [
          {
            at: canary.decidedAt,
            by: null,
            what: `${name}: canary ${canary.verdict.replace('_', ' ')}`,
            why: canary.says,
          },
        ]
      : []),
  ]
}

const ofMove = ({ alias, version, previousVersion, movedBy, reason, movedAt }: AliasMove): HistoryEntry => ({
  at: movedAt,
  by: movedBy,
  what:
    version === null
      ? `Alias ${alias} was taken from version ${previousVersion}`
      : `Version ${version} became ${alias}${previousVersion === null ? '' : ` in place of version ${previousVersion}`}`,
  why: reason,
})

const ofLabel = ({ version, label, previousLabel, movedBy, movedAt }: StageMove): HistoryEntry => ({
  at: movedAt,
  by: movedBy,
  what: `Version ${version} got the stage ${label} in place of ${previousLabel}`,
  why: '',
})

function ofApproval(approval: Approval): HistoryEntry[] {
  const { version, environment, requestedAt, requestedBy, comment, decidedAt, decidedBy, reason, state } = approval
  return [
    {
      at: requestedAt,
      by: requestedBy,
      what: `Approval of version ${version} for ${environment} was asked for`,
      why: comment,
    },
    ...(decidedAt
      ? [{ at: decidedAt, by: decidedBy, what: `Version ${version} for ${environment}: ${state}`, why: reason ?? '' }]
      : []),
  ]
}
