import type { Comparator, FilterEntity } from './ast.ts'
import { FilterError } from './filter-error.ts'

/**
 * What stands after a comparator: quoted text, a list of it, a number, an integer (or its digits in quotes), or text
 * that may be a bare number.
 */
export type Operand = 'text' | 'list' | 'number' | 'integer' | 'loose text'

/** What can be compared, and with what. */
export interface Field {
  readonly takes: Readonly<Partial<Record<Comparator, Operand>>>
  /** `IS NULL` and `IS NOT NULL` may be asked of it. */
  readonly optional: boolean
  readonly orderable: boolean
  /** Where it really lies, when the name is an alias. */
  readonly as?: { readonly entity?: FilterEntity; readonly key: string }
}

/** What one prefix names: fields that are listed, or any key. */
export interface Scope {
  readonly entity: FilterEntity
  readonly prefixes: readonly string[]
  readonly fields: Readonly<Record<string, Field>> | ((key: string) => Field | undefined)
}

/** What a search can be asked. The scope of attributes comes first: its names need no prefix. */
export interface Grammar {
  readonly scopes: readonly [Scope, ...Scope[]]
}

export interface Found {
  readonly field: Field
  readonly entity: FilterEntity
  readonly key: string
}

/** @throws FilterError for a prefix or a key that the search does not know */
export function lookUp(grammar: Grammar, prefix: string | null, key: string, position: number): Found {
  const scope = scopeOf(grammar, prefix, position)
  if (key === '') throw new FilterError('The key is missing.', position)
  const field = fieldOf(scope, key)
  if (!field) throw unknownKey(scope, key, position)
  return { field, entity: field.as?.entity ?? scope.entity, key: field.as?.key ?? key }
}

function scopeOf({ scopes }: Grammar, prefix: string | null, position: number): Scope {
  if (prefix === null) return scopes[0]
  const scope = scopes.find(({ prefixes }) => prefixes.includes(prefix))
  if (scope) return scope
  const known = scopes.map(({ prefixes }) => `'${prefixes[0]}'`).join(', ')
  throw new FilterError(`Invalid entity type '${prefix}'. Valid values are [${known}].`, position)
}

const fieldOf = ({ fields }: Scope, key: string): Field | undefined =>
  typeof fields === 'function' ? fields(key) : Object.hasOwn(fields, key) ? fields[key] : undefined

function unknownKey({ entity, fields }: Scope, key: string, position: number): FilterError {
  const known = typeof fields === 'function' ? '' : ` Valid keys are ${Object.keys(fields).join(', ')}.`
  return new FilterError(`Invalid ${entity} key '${key}' specified.${known}`, position)
}
