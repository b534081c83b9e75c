import { setTimeout as delay } from 'node:timers/promises'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Log } from '../../../platform/logging.ts'
import { type Ended, type Executor, type Handle, type JobSpec, Unreachable, type Usage } from '../executors/executor.ts'
import { type AttemptId, type AttemptRow, idOf } from '../store.ts'
import type { Ending } from './apply.ts'
import { type Harvest, harvest } from './harvest.ts'
import { followHeartbeat } from './heartbeat.ts'
import { followMetrics, type MetricNews, readSoFar } from './metrics/follow.ts'
import { InputUnavailable } from './place-file.ts'
import type { RunPlanStep } from './plan.ts'
import { type CheckInputs } from './quarantine.ts'
import { stopOf } from './rows.ts'

/** What the attendant asks and tells the engine. Each fails only while the database is away, and may be told twice. */
export interface Journal {
  /**
   * What to start, or why it cannot be: once its software is ready.
   *
   * @param stopped - when nobody wants it any more; the ending is `cancelled` then
   */
  job(attempt: AttemptRow, stopped: AbortSignal): Promise<JobSpec | Ending>
  /** Its platform has it; it may wait there. */
  submitted(attempt: AttemptId, handle: Handle): Promise<void>
  started(attempt: AttemptId, begun: Begun): Promise<void>
  /** What it wrote to its metrics file since. */
  told(attempt: AttemptId, news: MetricNews): Promise<void>
  /** Silence that ends the attempt; null: it may be silent for as long as it likes. */
  heartbeatMs(attempt: AttemptId): Promise<number | null>
  /** It has been silent for so long. */
  silent(attempt: AttemptId, silentMs: number): Promise<void>
  /** What it runs in, by digest. */
  image(attempt: AttemptId, image: string): Promise<void>
  /** It could not be started. */
  failed(attempt: AttemptId, ending: Ending): Promise<void>
  /** The outputs it has to leave. */
  outputs(attempt: AttemptId): Promise<Pick<RunPlanStep, 'outputs' | 'folderOutputs'>>
  ended(attempt: AttemptId, last: LastNews): Promise<void>
}

/** An attempt that runs. */
export interface Begun {
  readonly handle: Handle
  /** When it was started; milliseconds of `performance.now`, because the clock may be set meanwhile. */
  readonly since: number
}

/** How an attempt ended. */
export interface LastNews {
  readonly seen: Ended
  /** What it left, or what is wrong with what it did; undefined when it did not end well. */
  readonly left: Harvest | Error | undefined
  /** What it used, as far as that was measured. */
  readonly usage: Usage
  /** Its start, when that may not have been told. */
  readonly begun?: Begun | undefined
}

/** Stays with each live attempt of this host from its start to its end. */
export interface Attendant {
  /** Starts or adopts an attempt, and passes on what was decided about it. Told again, it changes nothing. */
  attend(attempt: AttemptRow): void
  stop(externalId: string, stage: 'term' | 'kill'): void
  /** Leaves all of them; they go on running. */
  close(): Promise<void>
}

interface Charge {
  readonly executor: Executor
  handle: Handle | undefined
  stage: 'term' | 'kill' | undefined
  /** Ends what comes before its start. */
  readonly unwanted: AbortController
  readonly over: Promise<void>
}

const lookMs = 500
/** What has ended by then is told together with its start. */
const briefMs = 100
const retryMs = 1000
/** How long a platform may be silent when it is given a job. */
const silenceMs = 60_000

export function createAttendant({
  executors,
  blobs,
  journal,
  checkInputs,
  log,
}: {
  /** By the name of the target. */
  executors: ReadonlyMap<string, Executor>
  blobs: BlobStore
  journal: Journal
  checkInputs: CheckInputs
  log: Log
}): Attendant {
  const charges = new Map<string, Charge>()
  const leaving = new AbortController()
  const { signal } = leaving

  function take(attempt: AttemptRow): void {
    const executor = executors.get(attempt.executor)
    if (!executor) return giveUp(attempt)
    const over = Promise.resolve()
      .then(() => follow(executor, attempt))
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error, attempt: attempt.external_id }, 'an attempt is left alone')
      })
      .finally(() => charges.delete(attempt.external_id))
    const unwanted = new AbortController()
    charges.set(attempt.external_id, { executor, handle: undefined, stage: undefined, unwanted, over })
  }

  /** The target was taken out of the configuration while its jobs lived. */
  function giveUp({ executor, external_id, ...attempt }: AttemptRow): void {
    const reason = `The target "${executor}" is no longer there; its job ${external_id} may still run.`
    journal
      .failed(idOf(attempt), { outcome: 'lost', reason })
      .catch((error: unknown) => log.warn({ err: error }, 'an attempt without a target could not be given up'))
  }

  async function follow(executor: Executor, attempt: AttemptRow): Promise<void> {
    const id = idOf(attempt)
    const begun = attempt.handle === null ? await begin(executor, attempt) : undefined
    const handle = begun?.handle ?? (attempt.handle as Handle | null)
    if (handle === null) return
    const charge = charges.get(attempt.external_id)!
    charge.handle = handle
    if (charge.stage) pass(charge, handle, charge.stage)
    if (executor.queues) await awaitTurn(executor, id, handle, attempt)
    const brief = begun && !executor.queues ? tellSoon(id, begun) : undefined
    const metrics = followMetrics(executor, handle, readSoFar(attempt.metrics), (news) => journal.told(id, news))
    const silence = await followSilence(executor, id, handle, attempt.started_at ?? new Date())
    const seen = await watch(executor, handle, async () => {
      await Promise.all([metrics.look(), executor.measure(handle)])
      await silence?.()
    }).finally(() => clearTimeout(brief))
    await insist(() => metrics.finish())
    const changed = await insist(() => checkInputs(executor, handle))
    const left = changed ?? (hasWorked(seen) ? await bringIn(executor, id, handle) : undefined)
    if (executor.queues) await noteImage(executor, id, handle)
    const usage = await executor.usage(handle)
    await insist(() => journal.ended(id, { seen, left, usage, begun: executor.queues ? undefined : begun }))
    await executor.cleanup(handle)
  }

  async function begin(executor: Executor, attempt: AttemptRow): Promise<Begun | undefined> {
    const id = idOf(attempt)
    const stopped = charges.get(attempt.external_id)!.unwanted.signal
    const job = await insist(() => journal.job(attempt, stopped))
    const started = 'outcome' in job ? job : await submit(executor, job, attempt.external_id).catch(whyNotStarted)
    if (typeof started !== 'string') {
      await insist(() => journal.failed(id, started))
      return undefined
    }
    if (executor.queues) await insist(() => journal.submitted(id, started))
    return { handle: started, since: performance.now() }
  }

  /** Where it is found again follows from its external id, so nothing is lost when it is never told. */
  function tellSoon(id: AttemptId, begun: Begun): NodeJS.Timeout {
    return setTimeout(() => {
      insist(() => journal.started(id, begun)).catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error, attempt: id }, 'the start of an attempt could not be told')
      })
    }, briefMs).unref()
  }

  /** A platform that is silent may have started it: it is asked again for the same job before another one is made. */
  async function submit(executor: Executor, job: JobSpec, externalId: string): Promise<Handle> {
    for (const until = Date.now() + silenceMs; ;) {
      try {
        return await executor.submit(job, externalId)
      } catch (error) {
        signal.throwIfAborted()
        if (!(error instanceof Unreachable) || Date.now() > until) throw error
        await delay(2 * retryMs, undefined, { signal })
      }
    }
  }

  /** Its time counts from when it runs, not from when it began to wait. */
  async function awaitTurn(executor: Executor, id: AttemptId, handle: Handle, { state }: AttemptRow): Promise<void> {
    if (state === 'running') return
    await executor.begun(handle, signal)
    await insist(() => journal.started(id, { handle, since: performance.now() }))
    await noteImage(executor, id, handle)
  }

  async function noteImage(executor: Executor, id: AttemptId, handle: Handle): Promise<void> {
    // Worth a question, not worth a failure.
    const image = await executor.image(handle).catch(() => null)
    if (image !== null) await insist(() => journal.image(id, image))
  }

  async function bringIn(executor: Executor, id: AttemptId, handle: Handle): Promise<Harvest | Error> {
    const wanted = await insist(() => journal.outputs(id))
    return harvest(executor, blobs, handle, wanted).catch(toError)
  }

  /** @returns says so once it has been silent for too long; `undefined` when it may be */
  async function followSilence(
    executor: Executor,
    id: AttemptId,
    handle: Handle,
    startedAt: Date,
  ): Promise<(() => Promise<void>) | undefined> {
    const heartbeatMs = await insist(() => journal.heartbeatMs(id))
    if (heartbeatMs === null) return undefined
    const silence = followHeartbeat(executor, handle, startedAt, heartbeatMs)
    return async () => {
      const silentMs = await silence()
      if (silentMs !== undefined) await insist(() => journal.silent(id, silentMs))
    }
  }

  async function watch(executor: Executor, handle: Handle, look: () => Promise<void>): Promise<Ended> {
    const timer = setInterval(() => {
      look().catch((error: unknown) => log.warn({ err: error }, 'what a step tells could not be stored'))
    }, lookMs)
    try {
      return await executor.ended(handle, signal)
    } finally {
      clearInterval(timer)
    }
  }

  /** The database may be away for a while; what happened must not get lost over it. */
  async function insist<T>(tell: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await tell()
      } catch (error) {
        signal.throwIfAborted()
        log.warn({ err: error }, 'the state of an attempt could not be stored; trying again')
        await delay(retryMs, undefined, { signal })
      }
    }
  }

  function pass(charge: Charge, handle: Handle, stage: 'term' | 'kill'): void {
    charge.executor.cancel(handle, stage).catch((error: unknown) => {
      // The next sign of life passes it on again.
      if (charge.stage === stage) charge.stage = undefined
      log.warn({ err: error, handle }, 'a step could not be told to end')
    })
  }

  return {
    attend(attempt) {
      if (signal.aborted) return
      if (!charges.has(attempt.external_id)) take(attempt)
      const stop = stopOf(attempt)
      if (stop) this.stop(attempt.external_id, stop.stage)
    },

    stop(externalId, stage) {
      const charge = charges.get(externalId)
      if (!charge || charge.stage === stage) return
      charge.stage = stage
      charge.unwanted.abort()
      if (charge.handle) pass(charge, charge.handle, stage)
    },

    async close() {
      leaving.abort(new Error('The server stops.'))
      await Promise.all([...charges.values()].map(({ over }) => over))
    },
  }
}

const hasWorked = (seen: Ended): boolean => seen.state === 'ended' && seen.exitCode === 0

function whyNotStarted(error: unknown): Ending {
  const outcome = error instanceof InputUnavailable ? 'input_unavailable' : 'submit_failed'
  return { outcome, reason: `It could not be started: ${toError(error).message}` }
}

const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
