import { type Column, type FeatureViewSpec, featuresErrors } from '@evenkeel/contract'
import { isDeepStrictEqual } from 'node:util'
import { failures } from '../../platform/errors.ts'

const fail = failures(featuresErrors)

/** What features need to know about the tables they are made from. */
export interface SourceTables {
  /** The columns of the newest version; undefined while there is none. */
  columnsOf(projectId: string, dataset: string): Promise<readonly Column[] | undefined>
  /** Why this is no expression of that type over one row; undefined when it is. Without columns only the form is judged. */
  whyNotExpression(
    expression: string,
    columns: readonly Column[] | undefined,
    type: 'number' | 'boolean',
  ): Promise<string | undefined>
}

/**
 * Checks a definition against the newest version of its dataset; before there is one, only the form of the measures.
 *
 * @throws DomainError `features.bad_source`, `features.bad_expression`
 */
export async function requireSource(
  tables: SourceTables,
  projectId: string,
  { source }: FeatureViewSpec,
): Promise<void> {
  const columns = await tables.columnsOf(projectId, source.dataset)
  if (columns) {
    requireColumn(columns, source.keyColumn, source.dataset)
    const time = requireColumn(columns, source.eventTimeColumn, source.dataset)
    if (!/^TIMESTAMP|^DATE$/.test(time.type)) {
      throw badSource(time.name, `"${time.name}" is ${time.type} and not a time stamp.`)
    }
  }
  for (const [measure, expression] of Object.entries(source.measures)) {
    const reason = await tables.whyNotExpression(expression, columns, 'number')
    if (reason !== undefined) throw fail('features.bad_expression', { measure, reason }, { why: reason })
  }
}

function requireColumn(columns: readonly Column[], name: string, dataset: string): Column {
  const found = columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const names = columns.map((column) => column.name).join(', ')
  throw badSource(name, `The dataset "${dataset}" has no column "${name}"; it has ${names}.`)
}

const badSource = (column: string, reason: string) => fail('features.bad_source', { column, reason }, { why: reason })

/** Whether the events in the online store mean the same under both definitions. */
export const hasSameEvents = (a: FeatureViewSpec, b: FeatureViewSpec): boolean => isDeepStrictEqual(a.source, b.source)
