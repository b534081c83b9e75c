import type { Db } from '../../../platform/db.ts'
import type { Log } from '../../../platform/logging.ts'
import type { Executor } from '../executors/executor.ts'
import { pipelinesStore } from '../store.ts'

/**
 * Looks through every target, each by itself: one that does not answer keeps nobody waiting. Never fails.
 *
 * Jobs that run although their attempt has ended are ended; jobs that nobody knows are somebody else's to judge.
 */
export async function reportStrangers(db: Db, executors: ReadonlyMap<string, Executor>, log: Log): Promise<void> {
  const looks = [...executors].map(async ([target, executor]) => {
    try {
      await reportStrangersOf(db, executor, log)
    } catch (error) {
      log.warn({ err: error, target }, 'a target does not answer; its jobs are left as they are')
    }
  })
  await Promise.all(looks)
}

async function reportStrangersOf(db: Db, executor: Executor, log: Log): Promise<void> {
  const jobs = await executor.list()
  if (jobs.length === 0) return
  const rows = await pipelinesStore(db).attemptsByExternalId(jobs.map(({ externalId }) => externalId))
  const states = new Map(rows.map((row) => [row.external_id, row.ended_at]))
  for (const { externalId, handle } of jobs) {
    const endedAt = states.get(externalId)
    if (endedAt) await executor.cancel(handle, 'kill')
    if (endedAt === undefined) log.warn({ externalId, handle }, 'a job runs here that no run knows')
  }
}
