import { ConfigurationError } from './step.ts'
import { name, type Tables } from './tables.ts'

/** A feature that is worked out from the row itself. */
export interface DerivedFeature {
  readonly name: string
  /** SQL over the columns of the source. */
  readonly expression: string
}

/**
 * Reads `hour = hour(date)` or the name of a column.
 *
 * @throws ConfigurationError for anything else
 */
export function parseFeature(definition: string): DerivedFeature {
  const [, assigned, expression] = /^\s*([A-Za-z_]\w*)\s*=(?!=)\s*(\S[^]*)$/.exec(definition) ?? []
  if (assigned !== undefined) return { name: assigned, expression: expression! }
  const column = definition.trim()
  if (/^[A-Za-z_]\w*$/.test(column)) return { name: column, expression: name(column) }
  throw new ConfigurationError(`"${definition}" is no feature; write a column, or name = SQL expression.`)
}

/** What a model takes: a float32, or a text. */
export type FeatureKind = 'numerical' | 'categorical'

/** @throws ConfigurationError when the SQL does not work on the columns of `table` */
export async function typeOf(tables: Tables, table: string, what: string, expression: string): Promise<string> {
  try {
    const { column_type: type } = await tables.row(`DESCRIBE SELECT (${expression}\n) AS value FROM ${name(table)}`)
    return String(type)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ConfigurationError(`${what}, ${expression}, does not work on the data: ${reason}`, { cause })
  }
}

/** @throws ConfigurationError for a type that is neither a number, a boolean nor a text */
export function kindOf(feature: string, type: string): FeatureKind {
  if (/^(VARCHAR|ENUM)/.test(type)) return 'categorical'
  if (/^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL|BOOLEAN)/.test(type)) return 'numerical'
  throw new ConfigurationError(`The feature "${feature}" is of type ${type}; make it a number or a text in its SQL.`)
}

/** The SQL that turns a value into what the model takes. */
export const castTo = (kind: FeatureKind, expression: string): string =>
  kind === 'categorical' ? `CAST((${expression}\n) AS VARCHAR)` : `CAST((${expression}\n) AS FLOAT)`
