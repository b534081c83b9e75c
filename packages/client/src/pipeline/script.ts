import { endOfPlaceholder } from './expressions.ts'
import { PipelineMistake } from './mistake.ts'
import { endOfHeredoc, endOfQuote, lengthOfLine } from './script-parts.ts'

/** Where in a script of a shell we are; what is inside comes off first. */
type Inside = 'top' | 'group' | 'double' | 'braces' | 'arithmetic' | 'test' | 'backticks'

const refusals: Partial<Record<Inside, string>> = {
  braces: 'A placeholder inside "${…}" is not supported; put it into a variable first.',
  // A shell evaluates the value of a variable there, and with it any command in the value.
  arithmetic: 'A placeholder in arithmetic would run what the value says; compute with another program.',
  test: 'A placeholder inside "[[ … ]]" may run what the value says; use "[ … ]".',
  backticks: 'A placeholder inside backticks is not supported; use "$( … )".',
}

/** Commands that read a text as a script again. */
const evaluates = /^\s*(eval|let|trap|alias)\b/
const startsShell = /\b(sh|bash|dash|ksh|zsh)\s+(-\w+\s+)*-\w*c\b/

/** How far a script is read, and what it has become so far. */
interface Reading {
  readonly script: string
  readonly stack: Inside[]
  readonly heredocs: { readonly end: string; readonly indented: boolean }[]
  at: number
  out: string
  /** Where in `out` the command begins that is being read. */
  commandFrom: number
}

/**
 * Puts a quoted variable where a placeholder stands, so that its value is never read by the shell as a part of the script.
 *
 * @param variableOf - the variable that holds what an expression means
 * @throws PipelineMistake where no quoting is safe: single quotes, here-documents, arithmetic, `eval`
 */
export function fillScript(script: string, variableOf: (expression: string) => string): string {
  const reading: Reading = { script, stack: ['top'], heredocs: [], at: 0, out: '', commandFrom: 0 }
  while (reading.at < script.length) {
    if (looksAt(reading, '${{')) fillPlaceholder(reading, variableOf)
    else if (!readAnywhere(reading)) readPlain(reading)
  }
  return reading.out
}

const insideOf = ({ stack }: Reading): Inside => stack.at(-1)!
const looksAt = ({ script, at }: Reading, text: string): boolean => script.startsWith(text, at)

function copy(reading: Reading, length: number): true {
  reading.out += reading.script.slice(reading.at, reading.at + length)
  reading.at += length
  return true
}

function enter(reading: Reading, where: Inside, length: number): true {
  reading.stack.push(where)
  return copy(reading, length)
}

function leave(reading: Reading, where: Inside, length: number): true {
  if (insideOf(reading) === where) reading.stack.pop()
  return copy(reading, length)
}

const toggle = (reading: Reading, where: Inside): true =>
  insideOf(reading) === where ? leave(reading, where, 1) : enter(reading, where, 1)

function fillPlaceholder(reading: Reading, variableOf: (expression: string) => string): void {
  const end = endOfPlaceholder(reading.script, reading.at)
  const variable = variableOf(reading.script.slice(reading.at + 3, end - 2))
  const quoted = insideOf(reading) === 'double'
  const refusal = refusalOf(reading.stack) ?? refusalFor(reading.out.slice(reading.commandFrom), quoted)
  if (refusal) throw new PipelineMistake(refusal)
  reading.out += quoted ? `\${${variable}}` : `"\${${variable}}"`
  reading.at = end
}

/** What is between here and the nearest script of its own: a `"` inside `[[ … ]]` is still inside of it. */
function refusalOf(stack: readonly Inside[]): string | undefined {
  const own = stack.findLastIndex((where) => where === 'top' || where === 'group')
  return stack
    .slice(own)
    .map((where) => refusals[where])
    .find(Boolean)
}

function refusalFor(command: string, quoted: boolean): string | undefined {
  if (evaluates.test(command)) return 'A placeholder on a line with "eval" would run what the value says; avoid "eval".'
  if (/\w\[$/.test(command)) return refusals.arithmetic
  if (quoted && startsShell.test(command)) {
    return 'A placeholder in the script of another shell would be read by it; pass it as an argument: sh -c \'… "$1"\' sh ${{ params.x }}'
  }
  return undefined
}

/** What means the same wherever it stands, or ends what we are inside of. @returns whether it was something like this */
function readAnywhere(reading: Reading): boolean {
  const char = reading.script[reading.at]!
  const inside = insideOf(reading)
  if (char === '\\') return copy(reading, 2)
  if (char === '\n' && inside !== 'double') return readNewline(reading)
  if (char === '"') return toggle(reading, 'double')
  if (char === '`') return toggle(reading, 'backticks')
  if (char === '$' && readDollar(reading)) return true
  if (inside === 'arithmetic' && looksAt(reading, '))')) return leave(reading, 'arithmetic', 2)
  if (inside === 'test' && looksAt(reading, ']]')) return leave(reading, 'test', 2)
  if (inside === 'braces' && char === '}') return leave(reading, 'braces', 1)
  return inside !== 'top' && inside !== 'group' && copy(reading, 1)
}

function readDollar(reading: Reading): boolean {
  if (looksAt(reading, '$((')) enter(reading, 'arithmetic', 3)
  else if (looksAt(reading, '$(')) enter(reading, 'group', 2)
  else if (looksAt(reading, '${')) enter(reading, 'braces', 2)
  else return false
  reading.commandFrom = reading.out.length
  return true
}

function readNewline(reading: Reading): true {
  copy(reading, 1)
  reading.commandFrom = reading.out.length
  for (const { end, indented } of reading.heredocs.splice(0)) {
    readLiteral(reading, endOfHeredoc(reading.script, reading.at, end, indented), 'a heredoc')
  }
  return true
}

/** Text that no shell puts a variable into. */
function readLiteral(reading: Reading, end: number, where: string): true {
  if (reading.script.slice(reading.at, end).includes('${{')) {
    const instead =
      'Write the command as a list, as in run: [grep, "${{ params.x }}", file], or read the variable itself.'
    throw new PipelineMistake(`A placeholder inside ${where} stays as it is. ${instead}`)
  }
  return copy(reading, end - reading.at)
}

/** What means something outside of quotes only. */
function readPlain(reading: Reading): boolean {
  const { script, at, out } = reading
  const char = script[at]!
  if (looksAt(reading, "$'")) return readLiteral(reading, endOfQuote(script, at + 2, true), 'single quotes')
  if (char === "'") return readLiteral(reading, endOfQuote(script, at + 1, false), 'single quotes')
  if (char === '#' && /(^|[\s;&|(])$/.test(out)) return copy(reading, lengthOfLine(script, at))
  if (looksAt(reading, '<<<')) return copy(reading, 3)
  if (looksAt(reading, '<<')) return openHeredoc(reading)
  if (looksAt(reading, '((')) return enter(reading, 'arithmetic', 2)
  if (looksAt(reading, '[[') && /(^|\s)$/.test(out)) return enter(reading, 'test', 2)
  if (char === '(') return enter(reading, 'group', 1)
  if (char === ')') return leave(reading, 'group', 1)
  copy(reading, 1)
  if (/[;&|]/.test(char)) reading.commandFrom = reading.out.length
  return true
}

function openHeredoc(reading: Reading): true {
  const [all, dash, word] = /^<<(-?)[ \t]*['"\\]?([A-Za-z0-9_.-]+)['"]?/.exec(reading.script.slice(reading.at)) ?? []
  if (word) reading.heredocs.push({ end: word, indented: dash === '-' })
  return copy(reading, all?.length ?? 2)
}
