import { z } from 'zod'
import { Timestamp } from './common.ts'
import { defineEndpoints, defineErrors } from './endpoint.ts'

/** The body of every answer outside 2xx: `application/problem+json` (RFC 9457) and what to do next. */
export const Problem = z
  .object({
    /** Where the error is explained: `/docs/errors/<code>`. */
    type: z.string(),
    title: z.string(),
    status: z.int(),
    /** Why it happened, this time. */
    detail: z.string(),
    /** Stable; see the `x-error-codes` of the operation. */
    code: z.string(),
    fix: z.string(),
    requestId: z.string(),
    details: z.unknown(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>

/** What any operation may answer, whatever it declares. */
export const platformErrors = defineErrors({
  'http.invalid_request': {
    status: 400,
    message: 'The request is not what this operation expects.',
    fix: 'Correct what the detail names; the operation is described in /api/openapi.json.',
    details: z.object({ issues: z.array(z.object({ path: z.string(), message: z.string() })) }),
  },
  'http.not_found': {
    status: 404,
    message: 'There is nothing at this address.',
    fix: 'Check the method and the path against /api/openapi.json.',
    details: z.object({ method: z.string(), path: z.string() }),
  },
  'http.too_large': {
    status: 413,
    message: 'The body is larger than this operation accepts; nothing was stored.',
    fix: 'Send less at once, or split it.',
    details: z.object({ limitBytes: z.number() }),
  },
  'http.not_supported': {
    status: 501,
    message: 'This server does not do that.',
    fix: 'Go on without it; asking again does not help.',
    details: z.object({}),
  },
  'http.range_not_satisfiable': {
    status: 416,
    message: 'The range lies outside of the content.',
    fix: 'Ask for a range that starts before the end of the content.',
    details: z.object({ sizeBytes: z.number() }),
  },
  'auth.not_signed_in': {
    status: 401,
    message: 'This server asks for a token, and the request has no valid one.',
    fix: 'Send "Authorization: Bearer evenkeel_pat_…"; an admin creates a token with: evenkeel token create',
    details: z.object({}),
  },
  'auth.not_allowed': {
    status: 403,
    message: 'You are signed in, but you may not do this.',
    fix: 'Ask an admin for a role that carries the permission named in the details.',
    details: z.object({ access: z.string(), roles: z.array(z.string()) }),
  },
  'auth.host_not_allowed': {
    status: 403,
    message: 'The server does not answer under this host name.',
    fix: 'Start the server with EVENKEEL_ALLOWED_HOSTS=<name>, several separated by commas.',
    details: z.object({ host: z.string() }),
  },
  'auth.origin_not_allowed': {
    status: 403,
    message: 'A web page of another site may not change anything here.',
    fix: 'Use the console of this server, or add the host of the page to EVENKEEL_ALLOWED_HOSTS.',
    details: z.object({ origin: z.string() }),
  },
  'platform.unavailable': {
    status: 503,
    message: 'The database does not answer at the moment.',
    fix: 'Try again in a few seconds; if it lasts, run: evenkeel doctor',
    details: z.object({}),
  },
  'platform.blobs_unavailable': {
    status: 503,
    message: 'The store of files does not answer as it should.',
    fix: 'Try again in a few seconds; if it lasts, check the bucket, the credentials and the network of the server.',
    details: z.object({}),
  },
  'platform.disk_full': {
    status: 503,
    message: 'The disk of the server is full; nothing was stored.',
    fix: 'Free space on the volume of the data folder, then try again.',
    details: z.object({}),
  },
  'platform.blob_not_found': {
    status: 404,
    message: 'No content with this digest is stored.',
    fix: 'Check the digest; upload the content if it was never stored.',
    details: z.object({ digest: z.string() }),
  },
  'platform.digest_mismatch': {
    status: 422,
    message: 'The content does not have the digest that was announced; nothing was stored.',
    fix: 'Compute the sha256 of the bytes that are sent, and send them unchanged.',
    details: z.object({ expected: z.string(), actual: z.string() }),
  },
  'platform.query_failed': {
    status: 422,
    message: 'The table query failed.',
    fix: 'Correct the SQL or the file that the detail names.',
    details: z.object({ reason: z.string() }),
  },
  'platform.query_too_large': {
    status: 422,
    message: 'The table query answers with more rows than a reply may hold.',
    fix: 'Aggregate, filter, or add a LIMIT.',
    details: z.object({ maxRows: z.number() }),
  },
  'platform.query_timed_out': {
    status: 503,
    message: 'The table query took too long and was stopped.',
    fix: 'Query less data at once, or try again when the machine is less busy.',
    details: z.object({ timeoutMs: z.number() }),
  },
})

export const About = z
  .object({
    version: z.string(),
    /** True when the server shows the demo data and may be reset at any time. */
    demo: z.boolean(),
    startedAt: Timestamp,
    /** Whether requests need a token. */
    signIn: z.enum(['none', 'token']),
  })
  .meta({ id: 'About' })
export type About = z.infer<typeof About>

/** One line of `/readyz`. */
export const ReadyCheck = z.object({ name: z.string(), ok: z.boolean(), detail: z.string() })

/**
 * News of one object, and nothing about its content: fetch it to see what is true now. `reset` means that news
 * was missed: fetch everything anew.
 */
export const LiveEvent = z.union([
  z.object({
    topic: z.string(),
    /** Which object changed: the `subject` of the event. */
    id: z.string(),
    /** Rises with every change of the object. */
    version: z.int(),
  }),
  z.object({ reset: z.literal(true) }),
])
export type LiveEvent = z.infer<typeof LiveEvent>

export const platform = defineEndpoints({
  healthz: {
    method: 'GET',
    path: '/healthz',
    summary: 'Tell that the process is alive.',
    access: 'public',
    success: { status: 200, body: z.object({ status: z.literal('ok') }) },
    errors: [],
  },
  readyz: {
    method: 'GET',
    path: '/readyz',
    summary: 'Tell that the database and the blob store answer.',
    access: 'public',
    success: { status: 200, body: z.object({ status: z.literal('ready'), checks: z.array(ReadyCheck) }) },
    errors: ['platform.unavailable'],
  },
  about: {
    method: 'GET',
    path: '/api/v1/about',
    summary: 'Read the version of the server and how it was started.',
    access: 'public',
    success: { status: 200, body: About },
    errors: [],
  },
  events: {
    method: 'GET',
    path: '/api/v1/events',
    summary: 'Follow what changes, one event per object and quarter of a second at most.',
    access: 'projects:read',
    query: z.object({
      /** Domains (`registry`) or topics (`registry.alias_moved`), separated by commas; all when absent. */
      topics: z.string().max(2000).optional(),
    }),
    success: { status: 200, events: LiveEvent },
    errors: [],
  },
})
