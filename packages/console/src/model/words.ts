import type { ModelVersion, Stage } from '@evenkeel/contract'
import type { MarkState } from '../ui/index.ts'
import type { StateLook } from '../ui/StateMark.tsx'

interface Mark {
  readonly state: MarkState
  readonly word: string
}

export const STAGES: Readonly<Record<Stage, StateLook>> = {
  candidate: { mark: 'idle', word: 'candidate' },
  refused: { mark: 'failed', word: 'refused' },
  passed: { mark: 'done', word: 'passed' },
  archived: { mark: 'skipped', word: 'archived' },
}

export function gateMark({ gate }: ModelVersion): Mark {
  if (!gate) return { state: 'idle', word: 'not decided' }
  if (gate.override) return { state: 'attention', word: 'overridden' }
  return gate.passed ? { state: 'done', word: 'passed' } : { state: 'failed', word: 'refused' }
}

const CANARIES = {
  promoted: { state: 'done', word: 'promoted' },
  rolled_back: { state: 'attention', word: 'rolled back' },
  aborted: { state: 'attention', word: 'aborted' },
  failed: { state: 'failed', word: 'failed' },
} as const satisfies Record<NonNullable<ModelVersion['canary']>['verdict'], Mark>

export const canaryMark = ({ canary }: ModelVersion): Mark | undefined =>
  canary ? CANARIES[canary.verdict] : undefined

/** Why a version was trained, in one or two words. */
export const TRIGGERS = {
  request: 'asked for',
  backfill: 'backfill',
  schedule: 'schedule',
  cron: 'schedule',
  data: 'new data',
  decay: 'decay',
  drift: 'drift',
  model: 'model change',
  pipeline: 'other pipeline',
  webhook: 'webhook',
  folder: 'new files',
  bucket: 'new objects',
  sql: 'query',
} as const satisfies Record<NonNullable<ModelVersion['lineage']['trigger']>['kind'], string>

/** Names of metrics as people write them. */
const METRICS: Readonly<Record<string, string>> = {
  auc: 'AUC',
  backtest_auc: 'backtest AUC',
  log_loss: 'log loss',
  brier: 'Brier score',
}

export const metricName = (name: string): string => METRICS[name] ?? name.replaceAll('_', ' ')
