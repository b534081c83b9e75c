import type { EventCatalogue, Topic } from '@evenkeel/contract'
import { sql } from 'kysely'
import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { bossOf, openBoss } from './boss.ts'
import type { Db } from './db.ts'
import { wakeWhenDue } from './due-jobs.ts'
import { createQueue, deadLetters, type Job, type Queue, work } from './jobs.ts'
import { recordChange } from './live/store.ts'
import type { Log } from './logging.ts'
import { startPeriodic } from './periodic.ts'

/** What every event says beside its own: `EventBase` of the contract. */
interface EventBase {
  readonly projectId: string
  readonly subject: string
}

/**
 * Announces a fact in the caller's transaction: subscribers get it at least once, after the commit, and the live feed
 * tells who watches. After a rollback nobody hears of it.
 *
 * @returns the id of the event, the same for every subscriber
 */
export async function publish<C extends EventCatalogue, K extends keyof C & Topic>(
  tx: Db,
  catalogue: C,
  topic: K,
  payload: z.input<C[K]> & EventBase,
): Promise<string> {
  const { boss, db } = bossOf(tx)
  const id = randomUUID()
  const news = z.parse(catalogue[topic]!, payload) as object
  const isHeard = await recordChange(tx, topic, payload)
  if (isHeard) await boss.publish(topic, news, { id, db })
  return id
}

export interface Subscription {
  readonly topic: Topic
  /** Names the subscriber's queue, `events.<name>`: it stays when the function behind it changes. */
  readonly name: string
  deliver(payload: unknown, id: string): Promise<void>
}

/** Declares a durable subscriber. It may see a fact twice, under the same `id`, and facts in any order. */
export function on<C extends EventCatalogue, K extends keyof C & Topic>(
  catalogue: C,
  topic: K,
  name: string,
  handle: (event: z.output<C[K]>, id: string) => Promise<void>,
): Subscription {
  return { topic, name, deliver: (payload, id) => handle(z.parse(catalogue[topic]!, payload), id) }
}

export interface Events {
  /** Creates queues and subscriptions and starts to work; call it before the server listens. */
  start(subscriptions: readonly Subscription[], jobs: readonly Job[], options?: { periodic?: boolean }): Promise<void>
  /** Waits until nothing is left to do now; jobs that start later do not count. */
  settle(timeoutMs?: number): Promise<void>
  /** Runs a periodic job at once. */
  runJob(name: string): Promise<void>
  /** Lets running handlers finish. */
  stop(): Promise<void>
}

export async function createEvents({ db, url, log }: { db: Db; url: string; log: Log }): Promise<Events> {
  const boss = await openBoss({ db, url, log })
  let known: readonly Job[] = []
  let stopPeriodic = async () => {}
  let stopLooking = async () => {}

  return {
    async start(subscriptions, jobs, options = {}) {
      known = jobs
      const existing = new Set((await boss.getQueues()).map(({ name }) => name))
      if (!existing.has(deadLetters)) await boss.createQueue(deadLetters, { retentionSeconds: 90 * 86_400 })

      const workers = [...subscriptions.map(workerOf), ...jobs.filter((job) => 'queue' in job)]
      for (const { queue } of workers) await createQueue(boss, queue, existing)
      for (const { topic, name } of subscriptions) await boss.subscribe(topic, queueOf(name).name)
      // Only now: what a handler announces must find every subscriber in its place.
      const wakes = new Map<string, () => void>()
      for (const job of workers) {
        wakes.set(job.queue.name, await work(boss, job.queue, (payload, id) => job.handle(payload, id)))
      }
      stopLooking = wakeWhenDue(db, wakes)
      if (options.periodic ?? true) stopPeriodic = startPeriodic(db, jobs, log)
    },

    async settle(timeoutMs = 20_000) {
      const deadline = Date.now() + timeoutMs
      for (let left = await unfinished(db); left.length > 0; left = await unfinished(db)) {
        if (Date.now() > deadline) throw new Error(`These queues do not become empty: ${left.join(', ')}`)
        await new Promise((resume) => setTimeout(resume, 15))
      }
    },

    async runJob(name) {
      const job = known.filter((candidate) => 'everySeconds' in candidate).find((candidate) => candidate.name === name)
      if (!job) throw new Error(`There is no periodic job "${name}".`)
      await job.handle()
    },

    async stop() {
      await stopPeriodic()
      await stopLooking()
      await boss.stop({ graceful: true, timeout: 10_000 })
    },
  }
}

const queueOf = (name: string): Queue => ({ name: `events.${name}`, schema: z.unknown(), options: { concurrency: 2 } })

const workerOf = (subscription: Subscription) => ({
  name: subscription.name,
  queue: queueOf(subscription.name),
  handle: (payload: unknown, id: string) => subscription.deliver(payload, id),
})

async function unfinished(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct name from pgboss.job
    where name <> ${deadLetters} and name not like '\\_\\_pgboss%'
      and (state in ('active', 'retry') or (state = 'created' and start_after <= now()))`.execute(db)
  return rows.map(({ name }) => name)
}
