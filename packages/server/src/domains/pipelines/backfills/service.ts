import {
  type Backfill,
  type BackfillPartition,
  type BackfillPlan,
  type BackfillRequest,
  backfillsErrors,
  type BackfillState,
  type PartitionState,
  plural,
  retriedStates,
  whyNotBackfill,
} from '@evenkeel/contract'
import { randomUUIDv7 } from 'node:crypto'
import { audit } from '../../../platform/audit.ts'
import type { Caller } from '../../../platform/auth.ts'
import { type Db, json } from '../../../platform/db.ts'
import { failures } from '../../../platform/errors.ts'
import type { Subscription } from '../../../platform/events.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { type Page, pageOf, positionOf } from '../../../platform/page.ts'
import type { LookUp } from '../engine/cache/look-up.ts'
import type { PipelinesDeps } from '../needs.ts'
import { refuseStep } from '../refuse-step.ts'
import { type Asked, ask } from './ask.ts'
import { backfillJobs, backfillQueue, backfillSubscription } from './jobs.ts'
import { planBackfill } from './plan.ts'
import { presentBackfills, presentPartition } from './present.ts'
import { announce, type CancelRun, settleIn } from './reconcile.ts'
import { type BackfillFilter, type BackfillRow, backfillsStore } from './store.ts'

const fail = failures(backfillsErrors)

interface PartitionFilter {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly state?: PartitionState | undefined
}

export interface Backfills {
  plan(caller: Caller, pipeline: string, request: BackfillRequest): Promise<BackfillPlan>
  create(caller: Caller, pipeline: string, request: BackfillRequest): Promise<Backfill>
  list(caller: Caller, filter: BackfillFilter & { readonly limit: number }): Promise<Page<Backfill>>
  get(caller: Caller, backfill: string): Promise<Backfill>
  listPartitions(caller: Caller, backfill: string, filter: PartitionFilter): Promise<Page<BackfillPartition>>
  pause(caller: Caller, backfill: string, reason: string): Promise<Backfill>
  resume(caller: Caller, backfill: string, reason: string): Promise<Backfill>
  cancel(caller: Caller, backfill: string, wish: { reason: string; runs: boolean }): Promise<Backfill>
  retry(caller: Caller, backfill: string, wish: { reason: string; skipped: boolean }): Promise<Backfill>
  readonly subscriptions: readonly Subscription[]
  readonly jobs: readonly Job[]
}

type Change = Partial<Pick<BackfillRow, 'state' | 'says' | 'ended_at' | 'cancel_runs'>>

export function createBackfills(deps: PipelinesDeps, lookUp: LookUp, cancelRun: CancelRun): Backfills {
  const { db, now } = deps
  const store = backfillsStore(db)

  async function find({ projectId }: Caller, backfill: string): Promise<BackfillRow> {
    const found = await store.findBackfill(projectId, backfill)
    if (!found) throw fail('pipelines.backfill_not_found', { backfill })
    return found
  }

  async function get(caller: Caller, backfill: string): Promise<Backfill> {
    const [presented] = await presentBackfills(deps, [await find(caller, backfill)])
    return presented!
  }

  /** Changes a backfill under its lock, writes down who did it, and has somebody do what follows. */
  async function change(
    caller: Caller,
    backfill: string,
    { action, reason }: { readonly action: Parameters<typeof whyNotBackfill>[0]; readonly reason: string },
    act: (tx: Db, state: BackfillState) => Promise<Change>,
  ): Promise<Backfill> {
    refuseStep(caller)
    await find(caller, backfill)
    const { projectId, userName: actor } = caller
    await db.transaction().execute(async (tx) => {
      await settleIn(tx, deps, backfill)
      const current = (await backfillsStore(tx).lockBackfill(backfill))!
      refuseState(current, whyNotBackfill(action, current.state))
      const changed = { ...current, ...(await act(tx, current.state)) }
      const { state, says, ended_at, cancel_runs } = changed
      await backfillsStore(tx).saveBackfill(backfill, { state, says, ended_at, cancel_runs })
      await announce(tx, changed)
      await settleIn(tx, deps, backfill)
      await wake(tx, backfill)
      await audit(tx, {
        projectId,
        actor,
        action: `pipelines.${action}_backfill`,
        subject: backfill,
        reason: reason || undefined,
      })
    })
    return get(caller, backfill)
  }

  return {
    async plan(caller, pipeline, request) {
      const { projectId } = caller
      return planBackfill(deps, lookUp, { projectId, pipeline, asked: await ask(deps, projectId, pipeline, request) })
    },

    async create(caller, pipeline, request) {
      refuseStep(caller)
      const { projectId, userName: actor } = caller
      const asked = await ask(deps, projectId, pipeline, request)
      const row = rowOf(caller, pipeline, asked, now())
      await db.transaction().execute(async (tx) => {
        await backfillsStore(tx).addBackfill(row, partitionRows(row, asked))
        await announce(tx, row)
        await wake(tx, row.id)
        const reason = request.reason || undefined
        const after = { pipeline, code: request.code, partitions: asked.parts.length }
        await audit(tx, { projectId, actor, action: 'pipelines.start_backfill', subject: row.id, reason, after })
      })
      return get(caller, row.id)
    },

    async list({ projectId }, { limit, ...filter }) {
      // One row more than asked for tells whether there is another page.
      const rows = await store.listBackfills(projectId, filter, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ id }) => id)
      return { items: await presentBackfills(deps, items), nextCursor }
    },

    get,

    async listPartitions(caller, backfill, { limit, cursor, state }) {
      await find(caller, backfill)
      const after = cursor === undefined ? undefined : positionOf(cursor)
      const rows = await store.listPartitions(backfill, { state, after }, limit + 1)
      const { items, nextCursor } = pageOf(rows, limit, ({ position }) => position)
      return { items: items.map(presentPartition), nextCursor }
    },

    pause: (caller, backfill, reason) =>
      change(caller, backfill, { action: 'pause', reason }, async () => ({
        state: 'paused',
        says: words('Paused', caller, reason),
      })),

    resume: (caller, backfill, reason) =>
      change(caller, backfill, { action: 'resume', reason }, async () => ({
        state: 'running',
        says: words('Resumed', caller, reason),
      })),

    cancel: (caller, backfill, { reason, runs }) =>
      change(caller, backfill, { action: 'cancel', reason }, async () => ({
        state: 'cancelled',
        says: words('Cancelled', caller, reason),
        ended_at: now(),
        cancel_runs: runs,
      })),

    retry: (caller, backfill, { reason, skipped }) =>
      change(caller, backfill, { action: 'retry', reason }, async (tx, state) => {
        const count = await backfillsStore(tx).reopenPartitions(backfill, retriedStates(skipped))
        if (count === 0) refuseState({ id: backfill, state }, 'No partition has failed; there is nothing to retry.')
        const again = `Retried ${plural(count, 'partition')}`
        const says = words(again, caller, reason)
        return state === 'paused' ? { says } : { state: 'running', says, ended_at: null }
      }),

    subscriptions: [backfillSubscription(deps, cancelRun)],
    jobs: backfillJobs(deps, cancelRun),
  }
}

const wake = (tx: Db, backfillId: string) => enqueue(tx, backfillQueue, { backfillId }, { singletonKey: backfillId })

const words = (what: string, { userName }: Caller, reason: string): string =>
  `${what} by ${userName}${reason ? `: ${reason}` : '.'}`

function refuseState({ id, state }: Pick<BackfillRow, 'id' | 'state'>, reason: string | undefined): void {
  if (reason) throw fail('pipelines.backfill_wrong_state', { backfill: id, state, reason }, { why: reason })
}

function rowOf(caller: Caller, pipeline: string, { request, parts, timeParams }: Asked, now: Date) {
  return {
    id: randomUUIDv7(),
    project_id: caller.projectId,
    pipeline,
    code: request.code,
    start_at: new Date(parts[0]!.start),
    end_at: new Date(parts.at(-1)!.end),
    unit: request.unit,
    every: request.every,
    timezone: request.timezone,
    cache: request.cache,
    max_active: request.maxActive,
    run_order: request.order,
    params: json(request.params),
    time_params: json(timeParams),
    state: 'running' as const,
    says: words('Started', caller, request.reason),
    reason: request.reason,
    created_by: caller.userName,
    user_id: caller.userId,
    created_at: now,
  }
}

const partitionRows = ({ id, project_id }: { readonly id: string; readonly project_id: string }, { parts }: Asked) =>
  parts.map(({ label, endLabel, start, end, version }, position) => ({
    project_id,
    backfill_id: id,
    position,
    partition: label,
    partition_end: endLabel,
    start_at: new Date(start),
    end_at: new Date(end),
    version,
    state: 'pending' as const,
  }))
