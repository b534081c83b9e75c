import type { ParamValue, PipelineVersion, PlannedStepView, RunEnvironment } from '@evenkeel/contract'
import { specOf } from './present.ts'
import type { VersionRow } from './version-store.ts'

export interface RunRequest {
  readonly params: Record<string, ParamValue>
  readonly version?: number | undefined
  readonly noCache: boolean | string[]
  readonly priority?: number | undefined
  readonly environment: RunEnvironment
  readonly scope?: string | undefined
  readonly sample?: number | undefined
  readonly only?: string[] | undefined
}

export interface RunPreview {
  readonly pipeline: string
  readonly version: number
  readonly steps: PlannedStepView[]
}

export const presentVersion = (row: VersionRow): PipelineVersion => ({
  version: row.version,
  spec: specOf(row),
  createdBy: row.created_by,
  createdAt: row.created_at.toISOString(),
})
