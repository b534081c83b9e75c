import type { BackfillState, PartitionState, RunState } from '@evenkeel/contract'

/** What is known of a backfill when it is decided. */
export interface BackfillNow {
  readonly state: BackfillState
  readonly order: 'oldest' | 'newest'
  /** Runs of this backfill that may be open at the same time, >= 1. */
  readonly maxActive: number
  /** After a cancel: its open runs are cancelled too. */
  readonly cancelRuns: boolean
}

export interface PartitionNow {
  readonly position: number
  readonly state: PartitionState
  /** The run of its newest try. */
  readonly run: { readonly id: string; readonly state: RunState; readonly reason: string | null } | null
}

export type BackfillAction =
  /** The state of a partition follows from its run, or from the end of the backfill. */
  | { readonly do: 'settle'; readonly position: number; readonly state: PartitionState; readonly reason: string | null }
  | { readonly do: 'start'; readonly position: number }
  | { readonly do: 'cancel'; readonly runId: string }
  | { readonly do: 'become'; readonly state: 'running' | 'succeeded' | 'failed' }

/**
 * What to do next about a backfill, from how things are and not from what happened: asked again it says the same, and
 * asked too seldom nothing is lost.
 *
 * @param partitions - oldest first; those that succeeded or were skipped may be left out, and of those that wait all but the next `maxActive`
 * @param freeSlots - how many more runs there is room for, beside all that are open; may be negative
 */
export function decideBackfill(
  backfill: BackfillNow,
  partitions: readonly PartitionNow[],
  freeSlots: number,
): BackfillAction[] {
  const settled = partitions.map((partition) => settle(backfill, partition))
  const moves = settled.filter((after, at) => after.state !== partitions[at]!.state)
  return [
    ...moves.map(({ position, state, reason }) => ({ do: 'settle', position, state, reason }) as const),
    ...cancels(backfill, settled),
    ...starts(backfill, settled, freeSlots),
    ...end(backfill, settled),
  ]
}

interface Settled extends PartitionNow {
  readonly reason: string | null
}

function settle({ state }: BackfillNow, partition: PartitionNow): Settled {
  const { run } = partition
  if (partition.state === 'pending')
    return state === 'cancelled'
      ? { ...partition, state: 'cancelled', reason: 'The backfill was cancelled before it ran.' }
      : { ...partition, reason: null }
  return run ? { ...partition, ...followed(run) } : { ...partition, reason: null }
}

/** A run that somebody retries is open again, and its partition with it. */
function followed({ state, reason }: NonNullable<PartitionNow['run']>): Pick<Settled, 'state' | 'reason'> {
  switch (state) {
    case 'queued':
    case 'running':
    case 'waiting':
      return { state: 'running', reason: null }
    case 'succeeded':
      return { state, reason: null }
    case 'failed':
    case 'cancelled':
      return { state, reason }
  }
}

function cancels({ state, cancelRuns }: BackfillNow, partitions: readonly Settled[]): BackfillAction[] {
  if (state !== 'cancelled' || !cancelRuns) return []
  return partitions.flatMap((partition) =>
    partition.state === 'running' && partition.run ? [{ do: 'cancel', runId: partition.run.id } as const] : [],
  )
}

function starts(
  { state, order, maxActive }: BackfillNow,
  all: readonly Settled[],
  freeSlots: number,
): BackfillAction[] {
  if (state !== 'running') return []
  const active = all.filter((partition) => partition.state === 'running').length
  const count = Math.min(maxActive - active, freeSlots)
  if (count <= 0) return []
  const pending = all.filter((partition) => partition.state === 'pending')
  const next = order === 'oldest' ? pending.slice(0, count) : pending.slice(-count).toReversed()
  return next.map(({ position }) => ({ do: 'start', position }))
}

/** A backfill that was over lives again when somebody retries one of its runs. */
function end({ state }: BackfillNow, partitions: readonly Settled[]): BackfillAction[] {
  if (state === 'paused' || state === 'cancelled') return []
  const open = partitions.some((partition) => partition.state === 'pending' || partition.state === 'running')
  const bad = partitions.some((partition) => partition.state === 'failed' || partition.state === 'cancelled')
  const due = open ? 'running' : bad ? 'failed' : 'succeeded'
  return due === state ? [] : [{ do: 'become', state: due }]
}
