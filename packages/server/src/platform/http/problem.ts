import type { Problem } from '@evenkeel/contract'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError, failPlatform } from '../errors.ts'
import { outage } from '../outages.ts'

/** How a protocol that is not ours wants its errors; ours are `application/problem+json`. */
export interface Wire {
  renderError(problem: Problem): { readonly status: number; readonly body: unknown }
}

/** Answers any error. Only a `DomainError` speaks to the caller in its own words; a bug says nothing but its request id. */
export async function answerError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  wire?: Wire,
): Promise<FastifyReply> {
  const problem = problemOf(error, request)
  // Nobody may read a body that we refused to take in: the connection has no use any more.
  if (!request.raw.complete) reply.header('connection', 'close')
  if (problem.status === 503) reply.header('retry-after', '1')
  if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="evenkeel"')
  const answer = wire?.renderError(problem) ?? { status: problem.status, body: problem }
  return reply
    .status(answer.status)
    .type(wire ? 'application/json' : 'application/problem+json')
    .send(JSON.stringify(answer.body))
}

function problemOf(error: unknown, request: FastifyRequest): Problem {
  const failure = translate(error, request)
  if (!failure) {
    request.log.error({ err: error }, 'unhandled error')
    return internalError(request.id)
  }
  if (failure.status === 503) request.log.warn({ err: failure.cause ?? failure }, failure.message)
  const { code, status, message, why, fix, details } = failure
  return {
    type: `/docs/errors/${code}`,
    title: message,
    status,
    detail: why,
    code,
    fix,
    requestId: request.id,
    details,
  }
}

function translate(error: unknown, request: FastifyRequest): DomainError | undefined {
  if (error instanceof DomainError) return error
  return outage(error) ?? refusal(error, request)
}

/** What Fastify refused before a handler saw it: no JSON, too large, an unknown content type. */
function refusal(error: unknown, request: FastifyRequest): DomainError | undefined {
  const { statusCode, message } = error as Partial<FastifyError>
  if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined
  const why = message ?? 'The request cannot be read.'
  if (statusCode !== 413) return failPlatform('http.invalid_request', { issues: [] }, { why })
  return failPlatform('http.too_large', { limitBytes: request.routeOptions.bodyLimit ?? jsonLimitBytes }, { why })
}

/** Largest JSON body of an operation that declares nothing else, in bytes. */
export const jsonLimitBytes = 8 * 1024 ** 2

const internalError = (requestId: string): Problem => ({
  type: '/docs/errors/platform.internal',
  title: 'The server made a mistake.',
  status: 500,
  detail: 'The cause is in the log of the server, under the request id.',
  code: 'platform.internal',
  fix: 'Try again; if it happens again, report it with the request id.',
  requestId,
  details: {},
})
