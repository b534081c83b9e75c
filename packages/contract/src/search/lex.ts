import { FilterError } from './filter-error.ts'

interface Place {
  readonly start: number
  /** As it was written. */
  readonly source: string
}

export type Token =
  | ({ readonly kind: 'name'; readonly prefix: string | null; readonly key: string; readonly quoted: boolean } & Place)
  | ({ readonly kind: 'text'; readonly value: string } & Place)
  | ({ readonly kind: 'number'; readonly value: number } & Place)
  | ({ readonly kind: 'sign' | 'end' } & Place)

// A quote that is doubled or comes after a backslash ends nothing. Both stay in the text, as they do in MLflow.
const single = String.raw`'(?:''|\\'|[^'])*'`
const double = String.raw`"(?:""|\\"|[^"])*"`
const back = '`(?:``|[^`])*`'
const word = String.raw`[\p{L}_][\p{L}\p{N}_]*`
/** Of `tags.a/b:c.d-e`, what may stand without quotes after the first dot. */
const bareKey = String.raw`[\p{L}\p{N}_.\-/:]`

const patterns = {
  space: String.raw`\s+`,
  number: String.raw`-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])`,
  dotted: String.raw`(?:${word}|${back})\.(?:(?:${bareKey}*\.)?(?:${back}|${double}|${single})|${bareKey}+)`,
  name: `${word}|${back}`,
  text: `${single}|${double}`,
  sign: '<=|>=|!=|==|<>|[<>=(),]',
}

const pattern = new RegExp(
  Object.entries(patterns)
    .map(([kind, source]) => `(?<${kind}>${source})`)
    .join('|'),
  'uy',
)

/** The words of a filter, with an end behind them. @throws FilterError for a character that has no meaning in it */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (!match) throw new FilterError(strange(text.slice(at)), at)
    const token = tokenOf(match.groups!, { start: at, source: match[0] })
    if (token) tokens.push(token)
    at += match[0].length
  }
  return [...tokens, { kind: 'end', start: at, source: '' }]
}

type Groups = Readonly<Record<string, string | undefined>>

function tokenOf({ space, number, dotted, name, text }: Groups, place: Place): Token | undefined {
  const { source } = place
  if (space !== undefined) return undefined
  if (number !== undefined) return { kind: 'number', value: Number(source), ...place }
  if (dotted !== undefined) return dottedName(place)
  if (name !== undefined) {
    return { kind: 'name', prefix: null, key: unquoted(source), quoted: source.startsWith('`'), ...place }
  }
  if (text !== undefined) return { kind: 'text', value: source.slice(1, -1), ...place }
  return { kind: 'sign', ...place }
}

const prefixed = new RegExp(String.raw`^(${word}|${back})\.(.*)$`, 'su')
const lastPart = new RegExp(`^((?:${bareKey}*\\.)?)(${back}|${double}|${single})$`, 'su')

function dottedName(place: Place): Token {
  const [, prefix, rest] = prefixed.exec(place.source)!
  const [, before = rest!, last = ''] = lastPart.exec(rest!) ?? []
  const key = `${before}${unquoted(last)}`
  return { kind: 'name', prefix: unquoted(prefix!), key, quoted: true, ...place }
}

const unquoted = (text: string): string => (/^['"`]/.test(text) ? text.slice(1, -1) : text)

function strange(rest: string): string {
  if (/^['"`]/.test(rest)) return `A text has no end: ${shown(rest)}. Close it with ${rest[0]}.`
  if (rest.startsWith(';')) return 'The filter holds more than one expression; join them with AND.'
  return `Invalid clause(s) in filter string: ${shown(rest)}`
}

/** A piece of the filter, cut to what an error can show. */
export const shown = (text: string): string => `'${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`
