import type { FastifyInstance, FastifyRequest } from 'fastify'
import { failPlatform } from '../../platform/errors.ts'
import { refuseUnstorable } from '../../platform/http/json-body.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Fields of the route's message that hold any JSON value, null too. */
    readonly keepsNullsOf?: readonly string[] | undefined
  }
}

/** A profile of a data set may take 16 MB, and JSON makes it longer. */
export const bodyLimitBytes = 32 * 1024 ** 2

const refuse = (why: string) => failPlatform('http.invalid_request', { issues: [] }, { why })

/** Makes a scope read bodies as MLflow's server does: decoded twice where need be, NaN bare, integers exact. */
export function takeMlflowJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/json', { parseAs: 'string' }, (request, text: string, done) => {
    try {
      done(null, readBody(text, nullable(request)))
    } catch (error) {
      done(error as Error)
    }
  })
}

const none: ReadonlySet<string> = new Set()

/** Fields of this route's message in which null is a value. */
function nullable({ routeOptions }: FastifyRequest): ReadonlySet<string> {
  const { keepsNullsOf } = routeOptions.config
  return keepsNullsOf ? new Set(keepsNullsOf) : none
}

/** @throws DomainError `http.invalid_request` for a body of another type; one without any counts as `{}` */
export function requireJson({ method, headers }: FastifyRequest): void {
  if (method !== 'POST' && method !== 'PUT') return
  const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
  if (type === 'application/json' || (type === undefined && !hasBody(headers))) return
  throw refuse(`Bad Request. Content-Type should be application/json, and it is ${type ?? 'missing'}.`)
}

const hasBody = (headers: FastifyRequest['headers']) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

/** @throws DomainError `http.invalid_request` for what is not an object */
function readBody(text: string, kept: ReadonlySet<string>): unknown {
  if (text.trim() === '') return {}
  const once = parseJson(text)
  // Old clients send a JSON text that holds the JSON.
  const value = typeof once === 'string' ? parseJson(once) : once
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('The body is not a JSON object.')
  // Looking for the escape alone costs a hundredth of the pattern, and few bodies have one.
  if (text.includes('\\u') && suspicious.test(text)) refuseUnstorable('body', value)
  return text.includes('null') ? withoutNulls(value, kept) : value
}

/** A null is as absent, as in proto JSON, but for the fields that hold any JSON value. */
function withoutNulls(value: unknown, kept: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item, kept))
  if (typeof value !== 'object' || value === null) return value
  const present = Object.entries(value).filter(([key, member]) => member !== null || kept.has(key))
  return Object.fromEntries(present.map(([key, member]) => [key, kept.has(key) ? member : withoutNulls(member, kept)]))
}

const suspicious = /\\u(?:0000|d[89a-f])/i
/** Not the digits after a point: most doubles have so many. */
const longInteger = /(?:^|[^\d.])\d{16}/

function parseJson(text: string): unknown {
  const revive = longInteger.test(text) ? keepExact : undefined
  try {
    return JSON.parse(text, revive)
  } catch {
    return parsePythonJson(text, revive)
  }
}

/** Python writes `NaN` and infinities bare. */
function parsePythonJson(text: string, revive: typeof keepExact | undefined): unknown {
  const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )
  try {
    return JSON.parse(quoted, revive)
  } catch (cause) {
    throw refuse(`The body is not JSON: ${(cause as Error).message}`)
  }
}

/** An integer that a number would change becomes a bigint. */
function keepExact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value
  return /^-?\d+$/.test(source) ? BigInt(source) : value
}
