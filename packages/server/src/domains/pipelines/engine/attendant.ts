import { setTimeout as delay } from 'node:timers/promises'
import type { BlobStore } from '../../../platform/blobs/blob-store.ts'
import type { Log } from '../../../platform/logging.ts'
import type { Ended, Executor, Handle, JobSpec } from '../executors/executor.ts'
import type { AttemptId, AttemptRow } from '../store.ts'
import type { Ending } from './apply.ts'
import { type Harvest, harvest } from './harvest.ts'
import { InputUnavailable } from './place-file.ts'
import { followProgress, type Progress } from './progress.ts'
import { stopOf } from './rows.ts'

/** What the attendant asks and tells the engine. Each fails only while the database is away, and may be told twice. */
export interface Journal {
  /**
   * What to start, or why it cannot be: once its software is ready.
   *
   * @param stopped - when nobody wants it any more; the ending is `cancelled` then
   */
  job(attempt: AttemptId, externalId: string, stopped: AbortSignal): Promise<JobSpec | Ending>
  started(attempt: AttemptId, handle: Handle): Promise<void>
  progress(attempt: AttemptId, progress: Progress): Promise<void>
  /** It could not be started. */
  failed(attempt: AttemptId, ending: Ending): Promise<void>
  /** Names of the outputs it has to leave. */
  outputs(attempt: AttemptId): Promise<readonly string[]>
  /** @param left - what it left, or what is wrong with that; absent when it did not end well */
  ended(attempt: AttemptId, seen: Ended, left: Harvest | Error | undefined): Promise<void>
  /** Nothing is left to do for it. */
  done(attempt: AttemptId): Promise<void>
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
  handle: Handle | undefined
  stage: 'term' | 'kill' | undefined
  /** Ends what comes before its start. */
  readonly unwanted: AbortController
  readonly over: Promise<void>
}

const progressMs = 500
const retryMs = 1000

export function createAttendant({
  executor,
  blobs,
  journal,
  log,
}: {
  executor: Executor
  blobs: BlobStore
  journal: Journal
  log: Log
}): Attendant {
  const charges = new Map<string, Charge>()
  const leaving = new AbortController()
  const { signal } = leaving

  function take(attempt: AttemptRow): void {
    const over = Promise.resolve()
      .then(() => follow(attempt))
      .catch((error: unknown) => {
        if (!signal.aborted) log.error({ err: error, attempt: attempt.external_id }, 'an attempt is left alone')
      })
      .finally(() => charges.delete(attempt.external_id))
    const unwanted = new AbortController()
    charges.set(attempt.external_id, { handle: undefined, stage: undefined, unwanted, over })
  }

  async function follow(attempt: AttemptRow): Promise<void> {
    const id = { runId: attempt.run_id, step: attempt.step_key, attempt: attempt.attempt }
    const handle = attempt.handle === null ? await begin(id, attempt.external_id) : (attempt.handle as Handle)
    if (handle === undefined) return
    const charge = charges.get(attempt.external_id)!
    charge.handle = handle
    if (charge.stage) await executor.cancel(handle, charge.stage)
    const seen = await watch(id, handle)
    const left = hasWorked(seen) ? await bringIn(id, handle) : undefined
    await insist(() => journal.ended(id, seen, left))
    await insist(() => journal.done(id))
    await executor.cleanup(handle)
  }

  async function begin(id: AttemptId, externalId: string): Promise<Handle | undefined> {
    const stopped = charges.get(externalId)!.unwanted.signal
    const job = await insist(() => journal.job(id, externalId, stopped))
    const started = 'outcome' in job ? job : await executor.submit(job, externalId).catch(whyNotStarted)
    if (typeof started === 'string') {
      await insist(() => journal.started(id, started))
      return started
    }
    await insist(() => journal.failed(id, started))
    await insist(() => journal.done(id))
    return undefined
  }

  async function bringIn(id: AttemptId, handle: Handle): Promise<Harvest | Error> {
    const names = await insist(() => journal.outputs(id))
    return harvest(executor, blobs, handle, names).catch(toError)
  }

  async function watch(id: AttemptId, handle: Handle): Promise<Ended> {
    const newest = followProgress(executor, handle)
    const tell = async () => {
      const progress = await newest()
      if (progress) await journal.progress(id, progress)
    }
    const timer = setInterval(() => {
      tell().catch((error: unknown) => log.warn({ err: error }, 'the progress of a step could not be stored'))
    }, progressMs)
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
      if (!charge.handle) return
      executor.cancel(charge.handle, stage).catch((error: unknown) => {
        log.error({ err: error, externalId }, 'a step could not be told to end')
      })
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
