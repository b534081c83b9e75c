import { FilterError } from './filter-error.ts'
import type { Found, Operand } from './grammar.ts'
import { shown, type Token } from './lex.ts'

/** The value of a comparison. @throws FilterError when it is not of the kind that the field takes */
export function valueOf(token: Token, operand: Exclude<Operand, 'list'>, { entity, key }: Found): string | number {
  if (operand === 'text' || operand === 'loose text') {
    if (token.kind === 'text') return token.value
    if (operand === 'loose text' && token.kind === 'number') return token.source
    const why = `Expected a quoted string value for ${entity} '${key}' (e.g. 'my-value'). Got value ${shown(token.source)}.`
    throw new FilterError(why, token.start)
  }
  if (token.kind === 'number' && (operand === 'number' || !/[.eE]/.test(token.source))) return finite(token.value)
  if (operand === 'integer' && token.kind === 'text' && /^-?\d+$/.test(token.value)) return finite(Number(token.value))
  const kind = operand === 'integer' ? 'integer' : 'numeric'
  throw new FilterError(
    `Expected ${kind} value type for ${entity} '${key}'. Found ${shown(token.source)}.`,
    token.start,
  )
}

/** Beyond what a double can hold, the greatest that it can. */
const finite = (value: number): number => Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
