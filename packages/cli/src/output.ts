import { CliError, type Explanation, exitCodes } from './errors.ts'

export interface Output {
  readonly json: boolean
  /** The result: data on stdout, as JSON or as the lines of a person. */
  result(data: unknown, lines: () => string | readonly string[]): void
  /** News on the way, for people: stderr, and nothing with `--quiet` or `--json`. */
  say(text: string): void
  /** The same with its data: with `--json` a line of its own on stdout, before the one of the result. */
  tell(data: unknown, text: string): void
}

export function createOutput({ json, quiet }: { json: boolean; quiet: boolean }): Output {
  const say = (text: string) => void (!json && !quiet && process.stderr.write(`${text}\n`))
  return {
    json,
    say,
    result(data, lines) {
      const text = json ? JSON.stringify(data) : [lines()].flat().join('\n')
      if (text) process.stdout.write(`${text}\n`)
    },
    tell(data, text) {
      if (json) process.stdout.write(`${JSON.stringify(data)}\n`)
      else say(text)
    },
  }
}

/** Colour only for a terminal that wants it (NO_COLOR, FORCE_COLOR, TERM=dumb). */
export function wantsColour(stream: { isTTY?: boolean }, environment = process.env): boolean {
  if (environment['NO_COLOR']) return false
  if (environment['FORCE_COLOR']) return environment['FORCE_COLOR'] !== '0'
  return stream.isTTY === true && environment['TERM'] !== 'dumb'
}

const paint = (code: number) => (text: string, on: boolean) => (on ? `\u001b[${code}m${text}\u001b[0m` : text)
export const red = paint(31)
export const dim = paint(2)
export const bold = paint(1)

/** Prints a failure as the last thing, and answers with the exit code. */
export async function fail(error: unknown, { json, debug }: { json: boolean; debug: boolean }): Promise<number> {
  const explanation = await explain(error)
  if (debug && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  process.stderr.write(json ? `${JSON.stringify({ error: facts(explanation) })}\n` : block(explanation))
  return explanation.exitCode
}

const facts = ({ code, message, why, fix, docs, requestId }: Explanation) => ({
  code,
  message,
  why,
  fix,
  docs,
  requestId,
})

function block({ code, message, why, fix, docs, requestId }: Explanation): string {
  const colour = wantsColour(process.stderr)
  const rows = [
    `${red('✗', colour)} ${bold(message, colour)}`,
    ...(why === message ? [] : [`  ${dim('why', colour)}   ${why.replaceAll('\n', '\n        ')}`]),
    `  ${dim('fix', colour)}   ${fix}`,
    ...(requestId ? [`  ${dim('id', colour)}    ${requestId}`] : []),
    `  ${dim('more', colour)}  ${docs ?? 'evenkeel doctor'}   ${dim(code, colour)}`,
  ]
  return `${rows.join('\n')}\n`
}

async function explain(error: unknown): Promise<Explanation> {
  if (error instanceof CliError) return error.explanation
  const { explainApiError } = await import('./api-errors.ts')
  return (
    explainApiError(error) ?? {
      code: 'cli.unexpected',
      message: 'Something went wrong that should not have',
      why: error instanceof Error ? error.message : String(error),
      fix: 'run it again with --debug, and report what it prints',
      exitCode: exitCodes.unexpected,
    }
  )
}
