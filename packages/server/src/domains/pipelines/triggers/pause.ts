import type { Trigger } from '@evenkeel/contract'
import type { ProjectPauseRow, TriggerRow } from './store.ts'

export type Pause = NonNullable<Trigger['paused']>

/** All null while nobody has paused it. */
export type PauseColumns = Pick<TriggerRow, 'paused_by' | 'paused_why' | 'paused_at'>

/** Who keeps a trigger from firing, and why: its own pause, or that of the project. */
export const pauseOf = (trigger: PauseColumns, project: ProjectPauseRow | undefined): Pause | null =>
  presentPause(trigger) ?? (project ? presentPause(project) : null)

export function presentPause({ paused_by: by, paused_why: why, paused_at: at }: PauseColumns): Pause | null {
  return by === null || why === null || at === null ? null : { by, why, at: at.toISOString() }
}

export const pausedWords = ({ by, why, at }: Pause): string =>
  `Triggers are paused since ${at} by ${by}: ${why} Resume them to let the next occasion through.`
