import { backfillsEvents, plural } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { DomainError } from '../../../platform/errors.ts'
import { publish } from '../../../platform/events.ts'
import type { Params } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'
import { type PlannedRun, planRun, slotsOf, storeRun } from '../runs.ts'
import { pipelinesStore } from '../store.ts'
import { type BackfillAction, decideBackfill } from './decide.ts'
import { type BackfillRow, backfillsStore, type PartitionRow } from './store.ts'
import { paramsFor } from './time-params.ts'

/** Cancels a run, if it is open. */
export type CancelRun = (runId: string, says: string) => Promise<void>

/** A year without data takes a while; what is left after so many passes, the alarm finds. */
const passesAtOnce = 100

/** Does what is left to do about a backfill now. Called once too often, or by two servers at once, it does no harm. */
export async function reconcile(deps: PipelinesDeps, backfillId: string, cancelRun: CancelRun): Promise<void> {
  for (let again = true, count = 0; again && count < passesAtOnce; count++) {
    const { backfill, actions } = await deps.db.transaction().execute((tx) => settleIn(tx, deps, backfillId))
    again = false
    for (const action of actions) {
      if (action.do === 'cancel') await cancelRun(action.runId, `Cancelled with its backfill. ${backfill!.says}`)
      // What is passed over leaves its place to the next.
      if (action.do === 'start') again = (await startPartition(deps, backfillId, action.position)) || again
    }
  }
}

/** Locks a backfill and writes down what follows from its runs; what is left are runs to start or to cancel. */
export async function settleIn(
  tx: Db,
  deps: Pick<PipelinesDeps, 'now' | 'maxLiveAttempts'>,
  backfillId: string,
): Promise<{ readonly backfill: BackfillRow | undefined; readonly actions: readonly BackfillAction[] }> {
  const { backfill, actions } = await decideIn(tx, deps, backfillId)
  if (!backfill) return { backfill, actions }
  const store = backfillsStore(tx)
  const settles = actions.filter((action) => action.do === 'settle')
  for (const [, alike] of Map.groupBy(settles, ({ state, reason }) => `${state} ${reason}`)) {
    const { state, reason } = alike[0]!
    const positions = alike.map(({ position }) => position)
    await store.savePartitions(backfillId, positions, { state, reason })
  }
  const become = actions.find((action) => action.do === 'become')
  if (become) await store.saveBackfill(backfillId, await endingOf(tx, deps, backfill, become.state))
  if (settles.length > 0 || become) await announce(tx, { ...backfill, state: become?.state ?? backfill.state })
  return { backfill, actions }
}

async function decideIn(tx: Db, deps: Pick<PipelinesDeps, 'maxLiveAttempts'>, backfillId: string) {
  const store = backfillsStore(tx)
  await store.lockSlots()
  const backfill = await store.lockBackfill(backfillId)
  if (!backfill) return { backfill, actions: [] }
  const rows = await store.look(backfill)
  const partitions = rows.map(({ position, state, run_id, run_state, run_reason }) => ({
    position,
    state,
    run: run_id !== null && run_state !== null ? { id: run_id, state: run_state, reason: run_reason } : null,
  }))
  const { state, run_order: order, max_active: maxActive, cancel_runs: cancelRuns } = backfill
  // Whoever else has work to do comes first: what is left over is ours.
  const freeSlots = slotsOf(deps) - (await store.busyRuns())
  return { backfill, actions: decideBackfill({ state, order, maxActive, cancelRuns }, partitions, freeSlots) }
}

async function endingOf(
  tx: Db,
  { now }: Pick<PipelinesDeps, 'now'>,
  { id }: BackfillRow,
  state: 'running' | 'succeeded' | 'failed',
): Promise<Pick<BackfillRow, 'state' | 'says' | 'ended_at'>> {
  if (state === 'running') return { state, says: 'One of its runs was retried.', ended_at: null }
  const counts = await backfillsStore(tx).countPartitions([id])
  const count = (...states: string[]) =>
    counts.filter((one) => states.includes(one.state)).reduce((sum, one) => sum + one.count, 0)
  const skipped = count('skipped') > 0 ? ` ${count('skipped')} had no data.` : ''
  const bad = count('failed', 'cancelled')
  const says =
    state === 'succeeded'
      ? `Every partition is done.${skipped}`
      : `${bad} of ${plural(bad + count('succeeded', 'skipped'), 'partition')} failed or cancelled; retry runs only those again.${skipped}`
  return { state, says, ended_at: now() }
}

/** @returns whether it was passed over: there is no run of it */
async function startPartition(deps: PipelinesDeps, backfillId: string, position: number): Promise<boolean> {
  const store = backfillsStore(deps.db)
  const partition = await store.findPartition(backfillId, position)
  const backfill = await store.findBackfill(partition.project_id, backfillId)
  const planned = await planPartition(deps, backfill!, partition)
  return deps.db.transaction().execute(async (tx) => {
    // Asked under the lock: somebody may have paused it, or another server been faster.
    const { backfill: current, actions } = await decideIn(tx, deps, backfillId)
    if (!actions.some((action) => action.do === 'start' && action.position === position)) return false
    if ('state' in planned) await backfillsStore(tx).savePartitions(backfillId, [position], planned)
    else await storePartitionRun(tx, deps, current!, partition, planned)
    await announce(tx, current!)
    return 'state' in planned
  })
}

/** Where something is scarce, everybody else comes first. */
const backfillPriority = -10

/** The run of a partition, or why there is none. */
async function planPartition(
  deps: PipelinesDeps,
  { pipeline, cache, params, time_params }: BackfillRow,
  { project_id: projectId, version, start_at, end_at }: PartitionRow,
): Promise<PlannedRun | { readonly state: 'skipped' | 'failed'; readonly reason: string }> {
  const found = await pipelinesStore(deps.db).findVersion(projectId, pipeline, version)
  const nominal = { start: start_at.toISOString(), end: end_at.toISOString() }
  const timeParams = time_params as { readonly start: string | null; readonly end: string | null }
  try {
    const options = { noCache: cache === 'ignore', nominal, priority: backfillPriority }
    return await planRun(deps, found!, paramsFor(params as Params, timeParams, nominal), options)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { state: error.code === 'pipelines.no_data' ? 'skipped' : 'failed', reason: error.why }
  }
}

/** One transaction with the row of the partition: whatever dies in between, there is one run for each try. */
async function storePartitionRun(
  tx: Db,
  deps: PipelinesDeps,
  backfill: BackfillRow,
  partition: PartitionRow,
  run: PlannedRun,
): Promise<void> {
  const store = backfillsStore(tx)
  const says = `Backfill ${backfill.id}: ${partition.partition} … ${partition.partition_end}`
  const runId = await storeRun(tx, run, {
    trigger: { kind: 'backfill', says, eventTime: null },
    createdBy: backfill.created_by,
    userId: backfill.user_id,
    commit: deps.commit(),
    now: deps.now(),
    backfill: backfill.id,
  })
  const { tries } = await store.findPartition(backfill.id, partition.position)
  const change = { state: 'running', reason: null, run_id: runId, tries: tries + 1 } as const
  await store.savePartitions(backfill.id, [partition.position], change)
}

export async function announce(
  tx: Db,
  { id, project_id: projectId, pipeline, state }: Pick<BackfillRow, 'id' | 'project_id' | 'pipeline' | 'state'>,
): Promise<void> {
  const news = { projectId, subject: id, backfillId: id, pipeline, state }
  await publish(tx, backfillsEvents, 'pipelines.backfill_changed', news)
}
