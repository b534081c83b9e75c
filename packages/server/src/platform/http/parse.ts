import type { Endpoint } from '@evenkeel/contract'
import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { failPlatform } from '../errors.ts'
import { refuseUnstorable } from './json-body.ts'

/** Reads what the endpoint declares out of a request. @throws DomainError `http.invalid_request` */
export function parseRequest({ params, query, body }: Endpoint, request: FastifyRequest): object {
  refuseUnstorable('params', request.params)
  refuseUnstorable('query', request.query)
  return {
    ...(params && { params: parsePart('params', params, request.params) }),
    ...(query && { query: parsePart('query', query, request.query) }),
    ...(body && { body: parsePart('body', body, request.body) }),
  }
}

export function parsePart(part: string, schema: z.core.$ZodType, value: unknown): unknown {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  const issues = result.error.issues.map(({ path, message }) => ({ path: [part, ...path].join('.'), message }))
  const why = issues.map(({ path, message }) => `${path}: ${message}`).join('; ')
  throw failPlatform('http.invalid_request', { issues }, { why })
}
