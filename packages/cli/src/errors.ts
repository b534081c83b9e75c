/** Exit codes of the command line. They never change. */
export const exitCodes = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  conflict: 5,
  gateFailed: 6,
  waitingForApproval: 7,
  unreachable: 8,
  rolledBack: 9,
} as const

export interface Explanation {
  /** Dotted and stable. */
  readonly code: string
  readonly message: string
  readonly why: string
  /** The command that helps. */
  readonly fix: string
  readonly exitCode: number
  readonly docs?: string | undefined
  readonly requestId?: string | undefined
}

/** A failure that is explained to the person at the terminal. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly explanation: Explanation
  constructor(explanation: Explanation, options?: ErrorOptions) {
    super(explanation.message, options)
    this.explanation = explanation
  }
}
