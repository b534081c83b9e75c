import { ExpressionError, type Place } from './ast.ts'

export type Token =
  | ({ readonly kind: 'text'; readonly value: string } & Place)
  | ({ readonly kind: 'number'; readonly value: number } & Place)
  | ({ readonly kind: 'name' | 'sign' | 'end'; readonly value: string } & Place)

/** Longest first: `<=` is no `<`. */
const pattern =
  /\s+|(?<text>'(?:[^']|'')*')|(?<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_-]*)|(?<sign>\|\||&&|==|!=|<=|>=|[<>!().,])/y

/** The words of an expression, with an end behind them. @throws ExpressionError for a sign that is none of ours */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) throw new ExpressionError(strange(text[at]!), at)
    const place = { start: at, end: at + match[0].length }
    const { text: quoted, number, name, sign } = match.groups!
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted.slice(1, -1).replaceAll("''", "'"), ...place })
    if (number !== undefined) tokens.push({ kind: 'number', value: Number(number), ...place })
    if (name !== undefined) tokens.push({ kind: 'name', value: name, ...place })
    if (sign !== undefined) tokens.push({ kind: 'sign', value: sign, ...place })
    at = place.end
  }
  return [...tokens, { kind: 'end', value: '', start: at, end: at }]
}

const hints: Readonly<Record<string, string>> = {
  "'": 'A text has no end; close it with a single quote.',
  '"': "Write text in single quotes, as in 'pass'.",
  '=': 'Compare with "==".',
  '&': 'Write "&&".',
  '|': 'Write "||".',
}

const strange = (sign: string): string => hints[sign] ?? `"${sign}" has no meaning in a condition.`
