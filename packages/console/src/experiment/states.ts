import type { RunStatus } from '@evenkeel/contract'
import type { StateLook } from '../ui/StateMark.tsx'

/** How each status of a tracked run looks and reads. */
export const RUN_STATUSES: Readonly<Record<RunStatus, StateLook>> = {
  RUNNING: { mark: 'active', word: 'running' },
  SCHEDULED: { mark: 'waiting', word: 'scheduled' },
  FINISHED: { mark: 'done', word: 'finished' },
  FAILED: { mark: 'failed', word: 'failed' },
  KILLED: { mark: 'stopped', word: 'killed' },
}

/** Whether more may still be logged. */
export const isOpen = (status: RunStatus): boolean => status === 'RUNNING' || status === 'SCHEDULED'
