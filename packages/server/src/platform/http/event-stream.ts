import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Readable } from 'node:stream'
import { z } from 'zod'

export interface StreamEvent<Data> {
  /** Where to resume; an event without one cannot be resumed after. */
  readonly id?: string
  readonly data: Data
}

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache',
  // nginx would hold events back.
  'x-accel-buffering': 'no',
}

const heartbeatMs = 15_000

/** Where a client wants to go on: the header of a browser that reconnects, or the query of one that starts anew. */
export function lastEventIdOf(request: FastifyRequest): string | undefined {
  const { lastEventId } = request.query as { readonly lastEventId?: unknown }
  const header = request.headers['last-event-id']
  if (typeof header === 'string' && header !== '') return header
  return typeof lastEventId === 'string' && lastEventId !== '' ? lastEventId : undefined
}

/** Aborts when the client goes away or the server stops. */
export function streamSignal(app: FastifyInstance, reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  const abort = () => {
    controller.abort()
    app.streams.delete(abort)
  }
  app.streams.add(abort)
  reply.raw.once('close', abort)
  return controller.signal
}

export function sendEvents(
  reply: FastifyReply,
  schema: z.core.$ZodType,
  events: AsyncIterable<StreamEvent<unknown>>,
  signal: AbortSignal,
): FastifyReply {
  return reply.headers(headers).send(Readable.from(render(schema, events, signal)))
}

async function* render(
  schema: z.core.$ZodType,
  events: AsyncIterable<StreamEvent<unknown>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const iterator = events[Symbol.asyncIterator]()
  const ended = new Promise<'ended'>((settle) => {
    if (signal.aborted) settle('ended')
    signal.addEventListener('abort', () => settle('ended'), { once: true })
  })
  try {
    // The head of the answer leaves with the first bytes, so do not wait for the first event.
    yield ': open\n\n'
    let next = iterator.next()
    for (;;) {
      const seen = await nextOrSilence(next, ended)
      if (seen === 'silence') yield ': \n\n'
      else if (seen === 'ended' || seen.done) return
      else {
        yield line(schema, seen.value)
        next = iterator.next()
      }
    }
  } finally {
    // Not awaited: a source that ignores the signal would keep the answer open.
    void iterator.return?.().catch(() => {})
  }
}

async function nextOrSilence<T>(next: Promise<T>, ended: Promise<'ended'>): Promise<T | 'ended' | 'silence'> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<'silence'>((settle) => {
    timer = setTimeout(() => settle('silence'), heartbeatMs)
  })
  try {
    return await Promise.race([next, ended, silence])
  } finally {
    clearTimeout(timer)
  }
}

function line(schema: z.core.$ZodType, { id, data }: StreamEvent<unknown>): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`
  return `${idLine}data: ${JSON.stringify(z.parse(schema, data))}\n\n`
}
