/** A failure that the caller of the node is told about: `{"error": message}` under the HTTP status. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 500 | 501 | 503 | 504
  readonly headers: Readonly<Record<string, string>>

  constructor(status: Refusal['status'], message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

export const badRequest = (message: string): Refusal => new Refusal(400, message)

/** For what will be right again by itself: the caller may try again after a second. */
export const unavailable = (message: string): Refusal => new Refusal(503, message, { 'retry-after': '1' })
