import { Problem } from '@evenkeel/contract/platform'
import { z } from 'zod'

/** An answer outside 2xx. `code` is stable; the rest is for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** `domain.what_went_wrong` */
  readonly code: string
  /** Why it happened, this time. */
  readonly why: string
  /** What to do next. */
  readonly fix: string
  /** Finds the request in the log of the server. */
  readonly requestId: string
  readonly details: unknown
  constructor({ title, detail, status, code, fix, requestId, details }: Problem) {
    super(title)
    this.status = status
    this.code = code
    this.why = detail
    this.fix = fix
    this.requestId = requestId
    this.details = details
  }
}

/** The server did not answer, or the connection broke before the end of the answer. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly url: string
  constructor(url: string, cause: unknown) {
    super(`${new URL(url).origin} does not answer. Check the address, and that the server runs: evenkeel status`, {
      cause,
    })
    this.url = url
  }
}

/** Turns an answer outside 2xx into an error, also when something in front of the server made it. */
export async function errorOf(response: Response): Promise<ApiError> {
  const text = await response.text().catch(() => '')
  const problem = z.safeParse(Problem, parseJson(text))
  return new ApiError(problem.success ? problem.data : foreignProblem(response, text))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const foreignProblem = ({ status, statusText, url }: Response, text: string): Problem => ({
  type: 'about:blank',
  title: `The answer was ${status} ${statusText}`.trimEnd(),
  status,
  detail: text.slice(0, 500) || 'The answer has no content.',
  code: 'http.unexpected_answer',
  fix: `Check that ${url} leads to an Evenkeel server, and not to a proxy in front of it.`,
  requestId: '',
  details: {},
})
