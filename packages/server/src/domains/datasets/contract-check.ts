import { type Column, type DataContract, datasetsErrors, type DataRule } from '@evenkeel/contract'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import { failures } from '../../platform/errors.ts'
import { ruleIds } from './check.ts'
import { classOf } from './column-types.ts'
import { whyNotExpression } from './expression.ts'
import { columnNamed } from './table.ts'

const fail = failures(datasetsErrors)

/**
 * Checks a contract against the newest version of its dataset; before there is one, only the form of its SQL.
 *
 * @throws DomainError `datasets.contract_invalid` naming the rule
 */
export async function requireFit(
  queries: QueryEngine,
  { eventTimeColumn, keyColumns, rules }: DataContract,
  columns: readonly Column[] | undefined,
): Promise<void> {
  for (const [index, name] of [eventTimeColumn, ...keyColumns].entries()) {
    requireColumn(columns, name, index === 0 ? 'eventTimeColumn' : 'keyColumns')
  }
  const eventTime = columns && columnNamed(columns, eventTimeColumn)
  if (eventTime && classOf(eventTime.type) !== 'timestamp') {
    throw invalid('eventTimeColumn', `"${eventTimeColumn}" is ${eventTime.type} and not a time stamp.`)
  }
  for (const [index, id] of ruleIds(rules).entries()) await requireRule(queries, rules[index]!, id, columns)
}

async function requireRule(
  queries: QueryEngine,
  rule: DataRule,
  id: string,
  columns: readonly Column[] | undefined,
): Promise<void> {
  if (rule.kind === 'sql') {
    const reason = await whyNotExpression(queries, rule.expression, columns, 'boolean')
    if (reason !== undefined) throw invalid(id, reason)
  }
  const names = [...('column' in rule ? [rule.column] : []), ...('groupBy' in rule ? rule.groupBy : [])]
  for (const name of names) requireColumn(columns, name, id)
}

function requireColumn(columns: readonly Column[] | undefined, name: string, rule: string): void {
  if (!columns || columnNamed(columns, name)) return
  throw invalid(rule, `There is no column "${name}"; there are ${columns.map((column) => column.name).join(', ')}.`)
}

const invalid = (rule: string, reason: string) =>
  fail('datasets.contract_invalid', { rule, reason }, { why: `${rule}: ${reason}` })
