import type { OrderKey } from './ast.ts'
import { FilterError } from './filter-error.ts'
import { type Grammar, lookUp } from './grammar.ts'
import { shown, tokensOf } from './lex.ts'

const mostKeys = 20
const longest = 2000

/**
 * Reads an order such as `['metrics.accuracy DESC', 'start_time']`: ascending unless it says otherwise.
 *
 * @throws FilterError for a key that cannot be ordered by, or that comes twice
 */
export function parseOrderBy(list: readonly string[], grammar: Grammar): OrderKey[] {
  if (list.length > mostKeys) throw new FilterError(`An order has ${mostKeys} keys at most.`, 0)
  const keys = list.map((text) => keyOf(text, grammar))
  const names = new Set(keys.map(({ entity, key }) => `${entity} ${key}`))
  if (names.size < keys.length) throw new FilterError('`order_by` contains duplicate fields.', 0)
  return keys
}

function keyOf(text: string, grammar: Grammar): OrderKey {
  if (text.length > longest) throw invalid(text)
  const [name, direction, ...rest] = tokensOf(text)
  if (!name || !direction) throw invalid(text)
  const isText = name.kind === 'text' && name.source.startsWith('"')
  if (name.kind !== 'name' && !isText) throw invalid(text)
  const [prefix, key] = name.kind === 'name' ? [name.prefix, name.key] : [null, name.value]
  const word = direction.source.toUpperCase()
  if (direction.kind !== 'end' && (rest[0]?.kind !== 'end' || !['ASC', 'DESC'].includes(word))) throw invalid(text)
  return { ...orderable(grammar, prefix, key), descending: word === 'DESC' }
}

/**
 * One key of an order, by its prefix and name.
 *
 * @throws FilterError for one that cannot be ordered by
 */
export function orderable(grammar: Grammar, prefix: string | null, name: string): Omit<OrderKey, 'descending'> {
  const { field, entity, key } = lookUp(grammar, prefix, name, 0)
  if (!field.orderable) throw new FilterError(`Invalid order_by key '${name}': results cannot be ordered by it.`, 0)
  return { entity, key }
}

const invalid = (text: string): FilterError =>
  new FilterError(`Invalid order_by clause ${shown(text)}. Give one key, and ASC or DESC behind it.`, 0)
