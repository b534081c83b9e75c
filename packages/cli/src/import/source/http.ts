import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'
import { parseSourceJson } from './json.ts'

export interface SourceOptions {
  readonly url: string
  /** Value of the header `authorization`. */
  readonly authorization: string | undefined
  /** Requests per second at most; as many as there are when absent. */
  readonly rate: number | undefined
  readonly signal: AbortSignal
}

/** An answer of the source outside 2xx. */
export class SourceRefusal extends Error {
  override readonly name = 'SourceRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

const mostTries = 6
const timeoutMs = 180_000

type Query = Readonly<Record<string, string | number | undefined>>

/** HTTP to an MLflow server: what may pass is tried again, and what cannot be read is explained. */
export function createSourceHttp({ url, authorization, rate, signal }: SourceOptions) {
  const base = url.replace(/\/+$/, '')
  const turn = createTurns(rate, signal)

  async function once(path: string, init: RequestInit): Promise<Response> {
    await turn()
    const all = new Headers(init.headers)
    if (authorization !== undefined) all.set('authorization', authorization)
    const response = await fetch(`${base}${path}`, { ...init, headers: all })
    if (response.ok) return response
    const text = await response.text().catch(() => '')
    throw new SourceRefusal(response.status, messageOf(text) || `${response.status} ${response.statusText}`)
  }

  /** @throws CliError when the source does not answer, or refuses to let us in */
  async function persistently<T>(path: string, ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask()
      } catch (error) {
        signal.throwIfAborted()
        if (tries === mostTries || !mayPass(error)) throw explained(error, base, path)
        await delay(2 ** tries * 125, undefined, { signal })
      }
    }
  }

  async function json<S extends z.ZodType>(path: string, schema: S, init: RequestInit = {}): Promise<z.output<S>> {
    const text = await persistently(path, async () => {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
      return (await once(path, { ...init, signal: limited })).text()
    })
    const read = z.safeParse(schema, parsed(text))
    if (read.success) return read.data
    const { path: at, message } = read.error.issues[0]!
    throw notMlflow(base, `${path.split('?')[0]} answered something else: ${at.join('.')}: ${message}`)
  }

  return {
    get: <S extends z.ZodType>(path: string, query: Query, schema: S): Promise<z.output<S>> =>
      json(`${path}?${queryOf(query)}`, schema),

    post: <S extends z.ZodType>(path: string, body: object, schema: S): Promise<z.output<S>> =>
      json(path, schema, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),

    /** Opens a file, as a stream. */
    open: (path: string): Promise<Response> => persistently(path, () => once(path, { signal })),
  }
}

export type SourceHttp = ReturnType<typeof createSourceHttp>

function queryOf(query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  return new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString()
}

/** One request after the other, with a pause that keeps to the rate. */
function createTurns(rate: number | undefined, signal: AbortSignal): () => Promise<void> {
  let next = 0
  return async () => {
    if (rate === undefined) return
    const now = performance.now()
    const at = Math.max(now, next)
    next = at + 1000 / rate
    if (at > now) await delay(at - now, undefined, { signal })
  }
}

/** A connection that broke, a server that is busy or restarts. */
const mayPass = (error: unknown) =>
  !(error instanceof SourceRefusal) || error.status === 429 || (error.status >= 500 && error.status !== 501)

function parsed(text: string): unknown {
  try {
    return parseSourceJson(text)
  } catch {
    return undefined
  }
}

const Refused = z.object({ message: z.string() })

function messageOf(text: string): string {
  const read = z.safeParse(Refused, parsed(text))
  return (read.success ? read.data.message : text).slice(0, 500)
}

function explained(error: unknown, base: string, path: string): Error {
  if (!(error instanceof SourceRefusal)) return unreachable(base, error)
  if (error.status !== 401 && error.status !== 403) return error
  return new CliError(
    {
      code: 'cli.source_refused',
      message: 'The MLflow server does not let us in',
      why: `${base}${path.split('?')[0]} answered ${error.status}: ${error.message}`,
      fix: 'put a token, or user:password, into an environment variable and name it with --token-env or --user-env',
      exitCode: exitCodes.notAllowed,
    },
    { cause: error },
  )
}

const unreachable = (base: string, cause: unknown) =>
  new CliError(
    {
      code: 'cli.source_unreachable',
      message: 'The MLflow server does not answer',
      why: `${base}: ${reasonOf(cause)}`,
      fix: 'check the address, and run the command again; it goes on where it stopped',
      exitCode: exitCodes.unreachable,
    },
    { cause },
  )

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

const notMlflow = (base: string, why: string) =>
  new CliError({
    code: 'cli.source_unreadable',
    message: 'The answer is not one of an MLflow server',
    why,
    fix: `check that ${base} is the address that clients have in MLFLOW_TRACKING_URI`,
    exitCode: exitCodes.usage,
  })
