import type { JobResult, PgBoss } from 'pg-boss'
import { z } from 'zod'
import { bossOf } from './boss.ts'
import type { Db } from './db.ts'

export interface QueueOptions {
  /** How many jobs one server works on at once. Default 1. */
  readonly concurrency?: number
  /** `short`: at most one job per `singletonKey` waits. Default `standard`: every job counts. */
  readonly policy?: 'standard' | 'short'
  /** Tries after the first one, with growing pauses of 1 to 60 s. Default 10. */
  readonly retryLimit?: number
  /** A job that takes longer is given to somebody else. Default 900. */
  readonly expireInSeconds?: number
}

/** A named line of jobs that all have one shape. */
export interface Queue<S extends z.core.$ZodType = z.core.$ZodType> {
  /** `domain.verb` */
  readonly name: string
  readonly schema: S
  readonly options: QueueOptions
}

export const defineQueue = <S extends z.core.$ZodObject>(
  name: string,
  schema: S,
  options: QueueOptions = {},
): Queue<S> => ({ name, schema, options })

/** Work in the background: off a queue, or again and again. Either must bear being done twice. */
export type Job =
  | { readonly name: string; readonly queue: Queue; handle(payload: unknown, id: string): Promise<void> }
  | { readonly name: string; readonly everySeconds: number; handle(): Promise<void> }

/** Works off a queue. A handler that throws is tried again; out of tries, the job lies in the dead letter queue. */
export const worker = <S extends z.core.$ZodType>(
  queue: Queue<S>,
  handle: (payload: z.output<S>, id: string) => Promise<void>,
): Job => ({ name: queue.name, queue, handle: (payload, id) => handle(z.parse(queue.schema, payload), id) })

/** Runs on one server at a time, about every so many seconds. */
export const periodic = (name: string, everySeconds: number, handle: () => Promise<void>): Job => ({
  name,
  everySeconds,
  handle,
})

export interface EnqueueOptions {
  /** A UUID: the same id is taken once, however often it is sent. */
  readonly id?: string
  /** What the policy `short` counts by. */
  readonly singletonKey?: string
  readonly startAfter?: Date
}

/**
 * Puts a job into a queue, in the caller's transaction: it is worked on after the commit, and never after a rollback.
 *
 * @returns the id of the job, or null when an equal one is there already
 */
export function enqueue<S extends z.core.$ZodType>(
  tx: Db,
  queue: Queue<S>,
  payload: z.input<S>,
  options: EnqueueOptions = {},
): Promise<string | null> {
  const { boss, db } = bossOf(tx)
  return boss.send(queue.name, z.parse(queue.schema, payload) as object, { ...options, db })
}

/** Where jobs end that failed at every try. */
export const deadLetters = 'dead'

/** Creates a queue, or brings one of an earlier version to today's options. */
export async function createQueue(
  boss: PgBoss,
  { name, options }: Queue,
  existing: ReadonlySet<string>,
): Promise<void> {
  const { policy = 'standard', retryLimit = 10, expireInSeconds = 900 } = options
  const settings = {
    retryLimit,
    expireInSeconds,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    // The shortest that the engine takes: how long a job may lie with a server that is dead.
    heartbeatSeconds: 10,
    deleteAfterSeconds: 86_400,
    deadLetter: deadLetters,
    notify: true,
  }
  if (existing.has(name)) await boss.updateQueue(name, settings)
  else await boss.createQueue(name, { ...settings, policy })
}

/** Starts to work off a queue. @returns wakes whoever works on it */
export async function work(
  boss: PgBoss,
  { name, options }: Queue,
  handle: (payload: unknown, id: string) => Promise<void>,
): Promise<() => void> {
  const settings = {
    // Fetched one by one, a backlog would move at the pace of the polls.
    batchSize: 5,
    burstWhenBatchFull: true,
    perJobResults: true,
    // Only while the database cannot notify; otherwise `wakeWhenDue` looks for all queues at once.
    pollingIntervalSeconds: 1,
  } as const
  const workers: string[] = []
  // Not by `localConcurrency`: it tells the name of the first worker only, so the others could not be woken.
  for (let count = options.concurrency ?? 1; count > 0; count--) {
    const started = await boss.work(name, settings, async (jobs) => {
      const results: JobResult[] = []
      for (const { id, data } of jobs) results.push(await resultOf(id, () => handle(data, id)))
      return results
    })
    workers.push(started)
  }
  return () => workers.forEach((worker) => boss.notifyWorker(worker))
}

/** One that fails is tried again by itself. */
async function resultOf(id: string, work: () => Promise<void>): Promise<JobResult> {
  try {
    await work()
    return { id, status: 'completed' }
  } catch (error) {
    return { id, status: 'failed', output: { message: String(error), stack: (error as Error | undefined)?.stack } }
  }
}
