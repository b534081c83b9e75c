import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { z } from 'zod'
import { Unreachable } from './executor.ts'

/** Where an API listens, and what opens it. */
export interface Door {
  /** `http://…`, `https://…` or `unix:///path/to/socket`. */
  readonly url: string
  /** Asked before every call, because tokens end. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>
  readonly tls?: { readonly ca?: Buffer | string; readonly cert?: Buffer | string; readonly key?: Buffer | string }
}

export interface Answer {
  readonly status: number
  readonly text: string
  /** The body as JSON; `undefined` when it is none. */
  readonly json: unknown
}

export type Call = (method: string, path: string, body?: unknown, timeoutMs?: number) => Promise<Answer>

const usualTimeoutMs = 10_000

/**
 * Calls of the API of a platform. Every status is an answer.
 *
 * @returns a function that throws `Unreachable` when there is no answer in time
 */
export function openDoor({ url, headers, tls }: Door): Call {
  const isSocket = url.startsWith('unix://')
  const base = isSocket ? { socketPath: url.slice('unix://'.length) } : { ...hostOf(url), ...tls }
  const prefix = isSocket ? '' : new URL(url).pathname.replace(/\/$/, '')
  const send = url.startsWith('https:') ? httpsRequest : httpRequest

  return async (method, path, body, timeoutMs = usualTimeoutMs) => {
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const type =
      payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
    const options: RequestOptions = {
      ...base,
      method,
      path: prefix + path,
      headers: { accept: 'application/json', ...(await headers?.()), ...type },
      signal: AbortSignal.timeout(timeoutMs),
    }
    return new Promise((resolve, reject) => {
      const fail = (cause: Error) => reject(new Unreachable(`${url} does not answer: ${cause.message}`, { cause }))
      send(options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => resolve(answerOf(response.statusCode ?? 0, Buffer.concat(chunks).toString())))
      })
        .on('error', fail)
        .end(payload)
    })
  }
}

function hostOf(url: string): RequestOptions {
  const { hostname, port, protocol } = new URL(url)
  return { hostname: hostname.replace(/^\[|\]$/g, ''), port: port || (protocol === 'https:' ? 443 : 80) }
}

function answerOf(status: number, text: string): Answer {
  try {
    return { status, text, json: text === '' ? undefined : JSON.parse(text) }
  } catch {
    return { status, text, json: undefined }
  }
}

/** What a platform said instead of doing it. 5xx and refused credentials say nothing about the job. */
export function refusal(what: string, { status, text }: Answer): Error {
  const says = `${what} was answered with ${status}: ${text.trim().slice(0, 500)}`
  return status >= 500 || status === 401 || status === 403 || status === 429 ? new Unreachable(says) : new Error(says)
}

/** @throws Unreachable when it answers something else: it is not what it should be, or not at its best */
export function readAnswer<T>(schema: z.ZodType<T>, what: string, answer: Answer): T {
  if (answer.status >= 300) throw refusal(what, answer)
  const parsed = schema.safeParse(answer.json)
  if (parsed.success) return parsed.data
  throw new Unreachable(`${what} was answered with something else. ${z.prettifyError(parsed.error)}`)
}
