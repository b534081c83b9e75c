import { type PurgePlan, trackingErrors } from '@evenkeel/contract'
import { audit } from '../../platform/audit.ts'
import type { Caller } from '../../platform/auth.ts'
import type { Db } from '../../platform/db.ts'
import { failures } from '../../platform/errors.ts'
import type { Settle } from './metric-journal.ts'
import { confirmationOf, planOf, type Purge, type PurgeNeeds } from './purge-plan.ts'
import { purgeStore } from './purge-store.ts'
import { findAll, numbersOf } from './run-changes.ts'
import { runChangeStore } from './run-change-store.ts'

const fail = failures(trackingErrors)

type Losses = Purge['losses']

/** Runs that one transaction deletes. */
const chunk = 50

const nothing: Losses = { runs: 0, points: 0, loggedModels: 0, traces: 0, files: 0, sizeBytes: 0, kept: [] }

/** Deletes runs for good, and says before what that takes away. */
export function createPurge({ db, settle, ...needs }: { readonly db: Db; readonly settle: Settle } & PurgeNeeds) {
  async function plan({ projectId }: Caller, asked: readonly string[]): Promise<PurgePlan & { order: string[] }> {
    const runIds = [...new Set(asked)]
    await settle({ projectId, runIds })
    const rows = await findAll(db, projectId, runIds)
    const purge = await planOf(db, needs, projectId, rows)
    const order = purge.runs.map(({ run_id }) => run_id)
    return { ...purge.losses, confirmation: confirmationOf(projectId, purge), order }
  }

  /** Looks again at each run with its row locked: one that was restored or registered meanwhile stays. */
  const purgeSome = ({ projectId, userName: actor }: Caller, runIds: readonly string[]): Promise<Losses> =>
    db.transaction().execute(async (tx) => {
      const rows = await runChangeStore(tx).lock(projectId, runIds)
      const { losses, runs, modelNumbers, folders } = await planOf(tx, needs, projectId, rows)
      if (runs.length === 0) return losses
      await purgeStore(tx).delete(numbersOf(runs), modelNumbers)
      await needs.files.deleteBelow(tx, projectId, folders)
      const owners = runs.map(({ run_id: runId }) => ({ runId, experimentId: null }))
      await needs.traces.forget(tx, projectId, owners)
      const { kept: _, ...gone } = losses
      const after = { ...gone, ids: runs.map(({ run_id }) => run_id) }
      const subject = runs.length === 1 ? runs[0]!.run_id : `${runs.length} runs`
      await audit(tx, { projectId, actor, action: 'tracking.purge_runs', subject, after })
      return losses
    })

  /** Points of runs that are gone: nobody sees them any more, so each statement stands alone. */
  async function sweep(): Promise<void> {
    const store = purgeStore(db)
    for (let run = await store.nextPurged(); run !== undefined; run = await store.nextPurged()) {
      await store.deletePoints(run)
      await store.forgetPurged(run)
    }
  }

  async function purgeAll(caller: Caller, runIds: readonly string[]): Promise<Losses> {
    let gone = nothing
    for (let at = 0; at < runIds.length; at += chunk) {
      gone = added(gone, await purgeSome(caller, runIds.slice(at, at + chunk)))
    }
    await sweep()
    await needs.traces.sweep()
    return gone
  }

  return {
    /** @throws DomainError `tracking.run_not_found` */
    async plan(caller: Caller, runIds: readonly string[]): Promise<PurgePlan> {
      const { order: _, ...told } = await plan(caller, runIds)
      return told
    },

    /**
     * @returns what is gone
     * @throws DomainError `tracking.run_not_found`, `tracking.plan_changed`
     */
    async purge(caller: Caller, runIds: readonly string[], confirmation: string): Promise<PurgePlan> {
      const { order, kept, ...planned } = await plan(caller, runIds)
      if (planned.confirmation !== confirmation) throw fail('tracking.plan_changed', {})
      const gone = await purgeAll(caller, order)
      return { ...added({ ...nothing, kept }, gone), confirmation }
    },

    /** Deletes for good those of the runs that are deleted, and that no registered version came of. */
    purgeRuns: purgeAll,

    sweep,
  }
}

const added = (a: Losses, b: Losses): Losses => ({
  runs: a.runs + b.runs,
  points: a.points + b.points,
  loggedModels: a.loggedModels + b.loggedModels,
  traces: a.traces + b.traces,
  files: a.files + b.files,
  sizeBytes: a.sizeBytes + b.sizeBytes,
  kept: [...a.kept, ...b.kept],
})
