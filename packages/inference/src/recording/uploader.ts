import { openAsBlob } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { ApiError, type Client } from '@evenkeel/client'
import type { monitoring } from '@evenkeel/contract'
import type { Log } from '../log.ts'
import type { ClosedSegment } from './recorder.ts'

export interface Uploader {
  readonly unsentBytes: number
  readonly unsentCount: number
  add(segment: ClosedSegment): void
  /** Sends what is left for so long at most; the next process sends the rest. */
  stop(patienceMs: number): Promise<void>
}

export interface UploaderParts {
  readonly api: Pick<Client<typeof monitoring>, 'addSegment'>
  readonly node: string
  readonly log: Log
}

const longestPauseMs = 30_000
/** A segment that the control plane calls bad so often is set aside, so that it does not hold up the others. */
const badAttempts = 5

/** Sends closed segments, oldest first, again and again until each is acknowledged; then deletes them. */
export function createUploader({ api, node, log }: UploaderParts): Uploader {
  const queue: ClosedSegment[] = []
  const hurry = new AbortController()
  const giveUp = new AbortController()
  let unsentBytes = 0
  let working = false
  let sending: Promise<void> | undefined

  async function sendAll(): Promise<void> {
    working = true
    for (let segment = queue[0]; segment && !giveUp.signal.aborted; segment = queue[0]) {
      await sendUntilTaken(segment)
      if (giveUp.signal.aborted) break
      unsentBytes -= segment.sizeBytes
      queue.shift()
    }
    working = false
  }

  async function sendUntilTaken(segment: ClosedSegment): Promise<void> {
    for (let attempt = 1; !giveUp.signal.aborted; attempt++) {
      try {
        await send(segment)
        return await rm(segment.path, { force: true })
      } catch (error) {
        if (giveUp.signal.aborted) return
        if (attempt === 1) log.warn({ err: error, segment: segment.id }, 'a segment could not be sent; trying again')
        if (attempt >= badAttempts && isRefusal(error)) return await setAside(segment, error)
        await pause(attempt)
      }
    }
  }

  async function send({ id, path, sizeBytes, digest }: ClosedSegment): Promise<void> {
    // In pieces: buffers of whole segments make the collector go through all of the memory every second.
    const file = (await openAsBlob(path)).slice(0, sizeBytes)
    await api.addSegment({ params: { segment: id }, query: { digest, node }, file }, { signal: giveUp.signal })
  }

  async function setAside({ id, path }: ClosedSegment, error: ApiError): Promise<void> {
    log.error(
      { err: error, segment: id, why: error.why },
      `the control plane refuses a segment; it is kept as ${path}.refused`,
    )
    await rename(path, `${path}.refused`)
  }

  async function pause(attempt: number): Promise<void> {
    const limitMs = hurry.signal.aborted ? 200 : Math.min(500 * 2 ** (attempt - 1), longestPauseMs)
    const signal = hurry.signal.aborted ? giveUp.signal : hurry.signal
    await sleep(limitMs * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined)
  }

  return {
    get unsentBytes() {
      return unsentBytes
    },
    get unsentCount() {
      return queue.length
    },
    add(segment) {
      queue.push(segment)
      unsentBytes += segment.sizeBytes
      if (!working) sending = sendAll()
    },
    async stop(patienceMs) {
      hurry.abort()
      const timer = setTimeout(() => giveUp.abort(), patienceMs)
      await sending
      clearTimeout(timer)
    },
  }
}

/** Unlike a missing right or a broken line, this does not become better by waiting. */
const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError && (error.status === 422 || error.status === 413)
