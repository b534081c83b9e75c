import type { Endpoint, EventStream } from '@evenkeel/contract'
import { z } from 'zod'
import { ApiError, ConnectionError } from './errors.ts'
import { type CallOptions, type ClientOptions, type LooseRequest, send } from './request.ts'
import { parseEvents } from './server-sent-events.ts'

export interface ReceivedEvent<Data> {
  /** Where to resume; undefined when the server gave none. */
  readonly id: string | undefined
  readonly data: Data
}

export interface FollowOptions extends CallOptions {
  /** Resume after this event. */
  readonly lastEventId?: string | undefined
  /** Told at each break; `attempt` counts from 1 and starts again after an event. */
  readonly onReconnect?: (attempt: number, reason: unknown) => void
}

/** Longer than the heartbeat of the server (15 s): a connection this quiet is dead. */
const silenceMs = 45_000
const longestPauseMs = 10_000

/**
 * Follows a stream over broken connections, until the signal aborts or the reader stops. It resumes after the last
 * event it saw.
 *
 * @throws ApiError when the server refuses, other than for being busy
 */
export async function* follow(
  endpoint: Endpoint & { readonly success: EventStream },
  client: ClientOptions,
  request: LooseRequest,
  { signal, lastEventId, onReconnect }: FollowOptions = {},
): AsyncGenerator<ReceivedEvent<unknown>> {
  let last = lastEventId
  for (let attempt = 1; !signal?.aborted; attempt++) {
    let reason: unknown
    try {
      for await (const { id, data } of connect(endpoint, client, request, last, signal)) {
        attempt = 1
        last = id ?? last
        yield { id, data: z.parse(endpoint.success.events, JSON.parse(data)) }
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!isPassing(error)) throw error
      reason = error
    }
    onReconnect?.(attempt, reason)
    await pause(attempt, signal)
  }
}

async function* connect(
  endpoint: Endpoint,
  client: ClientOptions,
  request: LooseRequest,
  lastEventId: string | undefined,
  signal: AbortSignal | undefined,
) {
  const watchdog = new AbortController()
  const headers = {
    accept: 'text/event-stream',
    ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
  }
  const either = signal ? AbortSignal.any([signal, watchdog.signal]) : watchdog.signal
  let timer = setTimeout(() => watchdog.abort(), silenceMs)
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(() => watchdog.abort(), silenceMs)
  }
  try {
    const response = await send(endpoint, client, request, { signal: either, headers })
    if (response.body) yield* parseEvents(response.body, alive)
  } catch (error) {
    // A stream that breaks in the middle fails with whatever the platform calls it.
    throw error instanceof ApiError ? error : new ConnectionError(client.baseUrl, error)
  } finally {
    clearTimeout(timer)
    watchdog.abort()
  }
}

const isPassing = (error: unknown) =>
  error instanceof ConnectionError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))

/** Doubles from a quarter of a second, and is jittered, so that a thousand clients do not come back at once. */
async function pause(attempt: number, signal: AbortSignal | undefined): Promise<void> {
  const limitMs = Math.min(250 * 2 ** (attempt - 1), longestPauseMs)
  await new Promise<void>((resume) => {
    const timer = setTimeout(resume, limitMs * (0.5 + Math.random() / 2))
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resume()
      },
      { once: true },
    )
  })
}
