import { pipelinesEvents } from '@evenkeel/contract'
import { z } from 'zod'
import { on, type Subscription } from '../../../platform/events.ts'
import { defineQueue, type Job, periodic, worker } from '../../../platform/jobs.ts'
import type { PipelinesDeps } from '../needs.ts'
import { pipelinesStore } from '../store.ts'
import { type CancelRun, reconcile } from './reconcile.ts'
import { backfillsStore } from './store.ts'

/** Looks at a backfill that was created or changed as soon as that is committed. */
export const backfillQueue = defineQueue('pipelines.backfill', z.object({ backfillId: z.string() }), {
  policy: 'short',
})

/** The rows say what is left to do; this only looks, every second and whenever a run of a backfill ends. */
export const backfillJobs = (deps: PipelinesDeps, cancelRun: CancelRun): readonly Job[] => [
  worker(backfillQueue, ({ backfillId }) => reconcile(deps, backfillId, cancelRun)),
  periodic('pipelines.backfills', 1, async () => {
    for (const id of await backfillsStore(deps.db).backfillsToLookAt()) await lookAt(deps, id, cancelRun)
  }),
]

/** What goes wrong here is tried again a second later, and keeps no other backfill waiting. */
async function lookAt(deps: PipelinesDeps, backfillId: string, cancelRun: CancelRun): Promise<void> {
  try {
    await reconcile(deps, backfillId, cancelRun)
  } catch (error) {
    deps.log.error({ err: error, backfill: backfillId }, 'a backfill could not be looked at; it is tried again')
  }
}

export const backfillSubscription = (deps: PipelinesDeps, cancelRun: CancelRun): Subscription =>
  on(pipelinesEvents, 'pipelines.run_ended', 'pipelines.backfills', async ({ runId }) => {
    const run = await pipelinesStore(deps.db).readRun(runId)
    if (run && run.backfill_id !== null) await reconcile(deps, run.backfill_id, cancelRun)
  })
