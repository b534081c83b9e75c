import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { CliError, exitCodes } from '../../errors.ts'
import { parseSourceJson } from './json.ts'

const byVariable =
  'put a token, or user:password, into an environment variable and name it with --token-env or --user-env'
/** Which server it is, for people. */
const servers = {
  source: { name: 'The MLflow server', entry: byVariable },
  target: { name: 'The MLflow server', entry: byVariable },
  here: { name: 'Evenkeel', entry: 'set EVENKEEL_TOKEN to a token of somebody who may read everything' },
} as const

export interface SourceOptions {
  readonly role: keyof typeof servers
  readonly url: string
  /** Value of the header `authorization`. */
  readonly authorization: string | undefined
  /** Requests per second at most; as many as there are when absent. */
  readonly rate: number | undefined
  readonly signal: AbortSignal
}

/** An answer outside 2xx. */
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
export function createSourceHttp({ role, url, authorization, rate, signal }: SourceOptions) {
  const server: Server = { role, base: url.replace(/\/+$/, '') }
  const { base } = server
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

  /** @throws CliError when the server does not answer, or refuses to let us in */
  async function persistently<T>(path: string, ask: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await ask()
      } catch (error) {
        signal.throwIfAborted()
        if (tries === mostTries || !mayPass(error)) throw explained(error, server, path)
        await delay(2 ** tries * 125, undefined, { signal })
      }
    }
  }

  async function textOnce(path: string, init: RequestInit): Promise<string> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    return (await once(path, { ...init, signal: limited })).text()
  }

  async function json<S extends z.ZodType>(path: string, schema: S, init: RequestInit = {}): Promise<z.output<S>> {
    return read(path, schema, await persistently(path, () => textOnce(path, init)))
  }

  function read<S extends z.ZodType>(path: string, schema: S, text: string): z.output<S> {
    const found = z.safeParse(schema, parsed(text))
    if (found.success) return found.data
    const { path: at, message } = found.error.issues[0]!
    throw notMlflow(server, `${path.split('?')[0]} answered something else: ${at.join('.')}: ${message}`)
  }

  return {
    host: new URL(base).host,

    get: <S extends z.ZodType>(path: string, query: Query, schema: S): Promise<z.output<S>> =>
      json(`${path}?${queryOf(query)}`, schema),

    post: <S extends z.ZodType>(path: string, body: object, schema: S): Promise<z.output<S>> =>
      json(path, schema, jsonInit('POST', body)),

    patch: <S extends z.ZodType>(path: string, body: object, schema: S): Promise<z.output<S>> =>
      json(path, schema, jsonInit('PATCH', body)),

    delete: <S extends z.ZodType>(path: string, body: object, schema: S): Promise<z.output<S>> =>
      json(path, schema, jsonInit('DELETE', body)),

    /** Posts what makes another one each time: before it is sent again, `find` looks whether it has been heard. */
    make: <S extends z.ZodType>(
      path: string,
      body: object,
      { schema, find }: { readonly schema: S; readonly find: () => Promise<z.output<S> | undefined> },
    ): Promise<z.output<S>> => {
      let wasSent = false
      return persistently(path, async () => {
        const found = wasSent ? await find() : undefined
        if (found !== undefined) return found
        wasSent = true
        return read(path, schema, await textOnce(path, jsonInit('POST', body)))
      })
    },

    /** Opens a file, as a stream. */
    open: (path: string): Promise<Response> => persistently(path, () => once(path, { signal })),

    /** Sends a file. Its length goes before it: what stands in front of some servers takes no file without. */
    put: (path: string, open: () => Promise<ReadableStream<Uint8Array>>, sizeBytes: number): Promise<Response> =>
      persistently(path, async () => {
        const headers = { 'content-type': 'application/octet-stream', 'content-length': String(sizeBytes) }
        // To be able to follow a redirect, fetch keeps all that it has sent.
        const sent = { method: 'PUT', body: await open(), headers, signal, redirect: 'error' } as const
        // The types of Node leave out what its own fetch asks for with a stream.
        return once(path, { ...sent, duplex: 'half' } as RequestInit)
      }),
  }
}

export type SourceHttp = ReturnType<typeof createSourceHttp>

interface Server {
  readonly role: keyof typeof servers
  readonly base: string
}

const jsonInit = (method: string, body: object): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
})

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
function mayPass(error: unknown): boolean {
  if (error instanceof CliError) return false
  return !(error instanceof SourceRefusal) || error.status === 429 || (error.status >= 500 && error.status !== 501)
}

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

function explained(error: unknown, server: Server, path: string): Error {
  if (error instanceof CliError) return error
  if (!(error instanceof SourceRefusal)) return unreachable(server, error)
  if (error.status !== 401 && error.status !== 403) return error
  const { name, entry } = servers[server.role]
  return new CliError(
    {
      code: `cli.${server.role}_refused`,
      message: `${name} does not let us in`,
      why: `${server.base}${path.split('?')[0]} answered ${error.status}: ${error.message}`,
      fix: entry,
      exitCode: exitCodes.notAllowed,
    },
    { cause: error },
  )
}

const unreachable = ({ role, base }: Server, cause: unknown) =>
  new CliError(
    {
      code: `cli.${role}_unreachable`,
      message: `${servers[role].name} does not answer`,
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

const notMlflow = ({ role, base }: Server, why: string) =>
  new CliError({
    code: `cli.${role}_unreadable`,
    message: 'The answer is not one of an MLflow server',
    why,
    fix: `check that ${base} is the address that clients have in MLFLOW_TRACKING_URI`,
    exitCode: exitCodes.usage,
  })
