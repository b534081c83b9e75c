import type { Backfill, BackfillState, PartitionState } from '@evenkeel/contract'
import type { StateLook } from '../ui/StateMark.tsx'

/** How each state of a backfill looks and reads. */
export const BACKFILL_STATES: Readonly<Record<BackfillState, StateLook>> = {
  running: { mark: 'active', word: 'running' },
  paused: { mark: 'attention', word: 'paused' },
  succeeded: { mark: 'done', word: 'succeeded' },
  failed: { mark: 'failed', word: 'failed' },
  cancelled: { mark: 'stopped', word: 'cancelled' },
}

/** How each state of a partition looks and reads, in the order in which one wants to hear of them. */
export const PARTITION_STATES: Readonly<Record<PartitionState, StateLook>> = {
  failed: { mark: 'failed', word: 'failed' },
  running: { mark: 'active', word: 'running' },
  succeeded: { mark: 'done', word: 'succeeded' },
  skipped: { mark: 'skipped', word: 'no data' },
  cancelled: { mark: 'stopped', word: 'cancelled' },
  pending: { mark: 'idle', word: 'not yet' },
}

/** Partitions that are over, however they ended. */
export const doneCount = ({ counts, partitionCount }: Pick<Backfill, 'counts' | 'partitionCount'>): number =>
  partitionCount - counts.pending - counts.running

/** `as-of-run`, or with the number it came to: `current, version 7`. */
export const codeWords = ({ code, version }: Pick<Backfill, 'code' | 'version'>): string => {
  if (code.startsWith('version:')) return `version ${version}`
  return version === null ? code : `${code}, version ${version}`
}
