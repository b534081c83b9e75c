import type { CanaryCheck, Recording, Rollout, RolloutPlan, Signature } from '@evenkeel/contract'
import type { Selectable } from 'kysely'
import type { Database } from '../../platform/db.ts'
import type { Judging } from './judge/judging.ts'

/** A row whose jsonb columns have the types under which they were written. */
type Typed<Table extends keyof Database, Json> = Omit<Selectable<Database[Table]>, keyof Json> & Json

export type EndpointRow = Typed<'deployments.endpoint', { readonly recording: Recording; readonly plan: RolloutPlan }>
export type ArtifactRow = Typed<'deployments.artifact', { readonly signature: Signature }>
export type RolloutRow = Typed<
  'deployments.rollout',
  {
    readonly plan: RolloutPlan
    readonly analysis: readonly CanaryCheck[]
    readonly judging: Judging
    readonly history: Rollout['history']
  }
>

export interface EndpointKey {
  readonly projectId: string
  readonly endpoint: string
}
export interface EnvironmentKey {
  readonly projectId: string
  readonly environment: string
}
