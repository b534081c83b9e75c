import type { Clause, Comparator, Filter } from './ast.ts'
import { FilterError } from './filter-error.ts'
import { type Found, type Grammar, lookUp } from './grammar.ts'
import { shown, type Token, tokensOf } from './lex.ts'
import { valueOf } from './value.ts'

const longest = 100_000
const deepest = 50
const mostClauses = 200

/**
 * Reads the filter of a search. What MLflow accepts means the same here; beyond it there are OR, NOT and parentheses.
 *
 * @throws FilterError with the place of the first mistake, or when it is longer or deeper than a search takes
 */
export function parseFilter(text: string, grammar: Grammar): Filter {
  if (text.length > longest) throw new FilterError(`A filter has ${longest} characters at most.`, longest)
  const tokens = tokensOf(text)
  let at = 0
  let depth = 0
  let clauses = 0

  const next = (): Token => tokens[at]!
  const isWord = (word: string, token = next()): boolean =>
    token.kind === 'name' && token.prefix === null && !token.quoted && token.key.toUpperCase() === word
  const isSign = (sign: string): boolean => next().kind === 'sign' && next().source === sign
  const take = (): Token => tokens[at++]!
  const takeIf = (matches: boolean): boolean => {
    if (matches) at++
    return matches
  }

  function filter(): Filter {
    const found = [all()]
    while (takeIf(isWord('OR'))) found.push(all())
    return found.length === 1 ? found[0]! : { kind: 'or', of: found }
  }

  // As in MLflow, AND may be doubled, left out, or stand before and behind everything.
  function all(): Filter {
    const found: Filter[] = []
    if (at === 0) skipAnd()
    for (;;) {
      found.push(one())
      const joined = skipAnd()
      if (next().kind === 'end') break
      if (isWord('OR') || isSign(')')) {
        if (joined) throw unexpected(next())
        break
      }
    }
    return found.length === 1 ? found[0]! : { kind: 'and', of: found }
  }

  function skipAnd(): boolean {
    const before = at
    while (takeIf(isWord('AND')));
    return at > before
  }

  function one(): Filter {
    if (depth++ === deepest) throw new FilterError(`A filter is ${deepest} levels deep at most.`, next().start)
    try {
      if (takeIf(isWord('NOT'))) return { kind: 'not', of: one() }
      if (!takeIf(isSign('('))) return clause()
      const inner = filter()
      if (!takeIf(isSign(')'))) throw unexpected(next())
      return inner
    } finally {
      depth--
    }
  }

  function clause(): Clause {
    const token = take()
    if (++clauses > mostClauses) throw new FilterError(`A filter has ${mostClauses} clauses at most.`, token.start)
    const found = fieldOf(grammar, token)
    if (takeIf(isWord('IS'))) return missing(found, token)
    const place = next()
    const comparator = takeComparator()
    const operand = found.field.takes[comparator]
    if (!operand) throw wrongComparator(found, place.source, place.start)
    const { entity, key } = found
    if (operand === 'list') return { kind: 'among', entity, key, negated: comparator === 'not in', values: list() }
    if (next().kind === 'end') throw unexpected(next())
    const op = comparator as Exclude<Comparator, 'in' | 'not in'>
    return { kind: 'compare', entity, key, op, value: valueOf(take(), operand, found) }
  }

  function missing({ field, entity, key }: Found, { start }: Token): Clause {
    const negated = takeIf(isWord('NOT'))
    if (!takeIf(isWord('NULL'))) throw unexpected(next())
    if (!field.optional) throw new FilterError(`IS NULL / IS NOT NULL is not supported for '${key}'.`, start)
    return { kind: 'missing', entity, key, negated }
  }

  function takeComparator(): Comparator {
    const token = take()
    if (isWord('NOT', token)) {
      if (takeIf(isWord('IN'))) return 'not in'
      throw unexpected(next(), 'Only IN can follow NOT here; to negate another clause, put NOT before it.')
    }
    const comparator = token.kind === 'sign' || token.kind === 'name' ? comparators[token.source.toLowerCase()] : null
    if (comparator) return comparator
    throw unexpected(token, hints[token.source])
  }

  function list(): string[] {
    if (!takeIf(isSign('('))) throw unexpected(next(), 'A list in parentheses is expected after IN.')
    const values: string[] = []
    do {
      if (values.length > 0 && isSign(')')) break
      const token = take()
      if (token.kind !== 'text') {
        throw unexpected(token, 'While parsing a list in the query, expected a non-empty list of quoted string values.')
      }
      values.push(listed(token.source))
    } while (takeIf(isSign(',')))
    if (!takeIf(isSign(')'))) throw unexpected(next())
    return values
  }

  if (next().kind === 'end') return { kind: 'and', of: [] }
  const whole = filter()
  if (next().kind !== 'end') throw unexpected(next())
  return whole
}

const comparators: Readonly<Record<string, Comparator>> = Object.assign(
  Object.create(null) as object,
  {
    '=': '=',
    '!=': '!=',
    '<': '<',
    '<=': '<=',
    '>': '>',
    '>=': '>=',
    like: 'like',
    ilike: 'ilike',
    rlike: 'rlike',
    in: 'in',
  } as const,
)

const hints: Readonly<Record<string, string>> = { '==': "Write '='.", '<>': "Write '!='." }

function fieldOf(grammar: Grammar, token: Token): Found {
  const { start, source } = token
  if (token.kind === 'name') return lookUp(grammar, token.prefix, token.key, start)
  if (token.kind === 'text' && source.startsWith('"')) return lookUp(grammar, null, token.value, start)
  throw unexpected(token, "Expected an identifier such as metrics.accuracy or tags.'my tag'.")
}

/** MLflow reads lists as Python does: a backslash escapes, and texts that touch are one. */
const listed = (source: string): string =>
  source
    .slice(1, -1)
    .replace(/''|""|\\(.)/gs, (pair, escaped: string | undefined) =>
      escaped === undefined ? (pair[0] === source[0] ? '' : pair) : (escapes[escaped] ?? pair),
    )

const escapes: Readonly<Record<string, string>> = { '\\': '\\', "'": "'", '"': '"', n: '\n', r: '\r', t: '\t' }

function wrongComparator({ entity, key, field }: Found, comparator: string, position: number): FilterError {
  const known = Object.keys(field.takes).map((one) => `'${one.toUpperCase()}'`)
  const why = `Invalid comparator '${comparator}' for ${entity} '${key}', not one of {${known.join(', ')}}.`
  return new FilterError(why, position)
}

function unexpected({ kind, source, start }: Token, hint?: string): FilterError {
  const why = kind === 'end' ? 'The filter ends too early.' : `Invalid clause(s) in filter string: ${shown(source)}.`
  return new FilterError(hint === undefined ? why : `${why} ${hint}`, start)
}
