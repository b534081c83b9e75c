import type { Db } from './db.ts'
import type { Job } from './jobs.ts'
import type { Log } from './logging.ts'

type PeriodicJob = Extract<Job, { everySeconds: number }>

/**
 * Runs each periodic job about every `everySeconds`: of several servers, the one that moves the row runs it. A job is
 * never started while this server still runs it.
 *
 * @returns stops, and waits for what runs
 */
export function startPeriodic(db: Db, jobs: readonly Job[], log: Log): () => Promise<void> {
  const running = new Map<string, Promise<void>>()
  const timers = jobs
    .filter((job): job is PeriodicJob => 'everySeconds' in job)
    .map((job) => setInterval(() => tick(job), job.everySeconds * 1000))

  function tick(job: PeriodicJob): void {
    if (running.has(job.name)) return
    const run = runOnce(db, job, log).finally(() => running.delete(job.name))
    running.set(job.name, run)
  }

  return async () => {
    timers.forEach(clearInterval)
    await Promise.all(running.values())
  }
}

async function runOnce(db: Db, job: PeriodicJob, log: Log): Promise<void> {
  try {
    if (await claim(db, job)) await job.handle()
  } catch (error) {
    log.error({ err: error, job: job.name }, 'a periodic job failed; it runs again at its next time')
  }
}

/** Half a period counts as due, because the clocks of several servers beat at different moments. */
async function claim(db: Db, { name, everySeconds }: PeriodicJob): Promise<boolean> {
  const now = Date.now()
  const row = await db
    .insertInto('platform.periodic_job')
    .values({ name, next_at: new Date(now + everySeconds * 1000) })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ next_at: new Date(now + everySeconds * 1000) })
        .where('platform.periodic_job.next_at', '<=', new Date(now + everySeconds * 500)),
    )
    .returning('name')
    .executeTakeFirst()
  return row !== undefined
}
