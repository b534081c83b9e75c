import { ApiError, ConnectionError } from '@evenkeel/client'
import { type Explanation, exitCodes } from './errors.ts'

const byStatus: Readonly<Record<number, number>> = {
  400: exitCodes.usage,
  401: exitCodes.notAllowed,
  403: exitCodes.notAllowed,
  404: exitCodes.notFound,
  409: exitCodes.conflict,
  422: exitCodes.usage,
  503: exitCodes.unreachable,
}

/** The exit code for an answer outside 2xx. */
export const exitCodeOf = (status: number): number => byStatus[status] ?? exitCodes.unexpected

const byCode: Readonly<Record<string, number>> = {
  'deployments.not_passed': exitCodes.gateFailed,
  'pipelines.own_release': exitCodes.notAllowed,
}

/** Puts an answer of the server, or its absence, into the words of the command line. */
export function explainApiError(error: unknown): Explanation | undefined {
  if (error instanceof ConnectionError) {
    return {
      code: 'cli.unreachable',
      message: 'The server does not answer',
      why: error.message,
      fix: 'evenkeel up   (or set EVENKEEL_URL)',
      exitCode: exitCodes.unreachable,
    }
  }
  if (!(error instanceof ApiError)) return undefined
  return {
    code: error.code,
    message: error.message,
    why: error.why,
    fix: error.fix,
    requestId: error.requestId,
    exitCode: byCode[error.code] ?? exitCodeOf(error.status),
  }
}
