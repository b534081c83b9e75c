import { type ErrorCatalogue, type ErrorCode, platformErrors } from '@evenkeel/contract'
import type { z } from 'zod'

interface Failure {
  readonly code: ErrorCode
  readonly status: number
  readonly message: string
  readonly fix: string
  readonly details: unknown
  readonly why: string
  readonly cause?: unknown
}

/** A failure the caller can act on. Anything else that is thrown is a bug. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  readonly code: ErrorCode
  readonly status: number
  readonly why: string
  readonly fix: string
  readonly details: unknown
  constructor({ code, status, message, fix, details, why, cause }: Failure) {
    super(message, { cause })
    this.code = code
    this.status = status
    this.why = why
    this.fix = fix
    this.details = details
  }
}

/** Builds the one way a domain raises its own failures: `throw fail(code, details)`, with `why` in words when it helps. */
export function failures<C extends ErrorCatalogue>(catalogue: C) {
  return <K extends keyof C & ErrorCode>(
    code: K,
    details: z.input<C[K]['details']>,
    { why, cause }: { readonly why?: string; readonly cause?: unknown } = {},
  ): DomainError => {
    const { status, message, fix } = catalogue[code]!
    const says = why ?? (status === 404 ? lookedFor(details) : message)
    return new DomainError({ code, status, message, fix, details, cause, why: says })
  }
}

/** `Looked for pipeline "churn", version 3.` */
function lookedFor(details: unknown): string {
  const named = Object.entries(Object(details)).filter(
    ([, value]) => typeof value === 'string' || typeof value === 'number',
  )
  return `Looked for ${named.map(([name, value]) => `${name} ${JSON.stringify(value)}`).join(', ')}.`
}

export const failPlatform = failures(platformErrors)

export const isErrno = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
