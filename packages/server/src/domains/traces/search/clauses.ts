import type { Clause, Filter, FilterEntity } from '@evenkeel/contract'
import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { conditionOf } from '../../../platform/filter-sql.ts'

/** What a clause or an order names, of a trace `t`. */
export const attributes: Readonly<Record<string, RawBuilder<unknown>>> = {
  request_id: sql`t.trace_id`,
  client_request_id: sql`t.client_request_id`,
  status: sql`t.state`,
  experiment_id: sql`t.experiment_id`,
  timestamp_ms: sql`t.requested_ms`,
  execution_time_ms: sql`t.duration_ms`,
  end_time_ms: sql`(t.requested_ms + coalesce(t.duration_ms, 0))`,
}

/** A tag or a piece of metadata; null when it is not there. The names that an index knows are written out. */
export const textAt = (entity: FilterEntity, key: string): RawBuilder<unknown> =>
  sql`t.${sql.raw(entity === 'tag' ? 'tags' : 'metadata')} ->> ${indexed.has(key) ? sql.lit(key) : sql`${key}::text`}`

const runKey = 'mlflow.sourceRun'
const promptsKey = 'mlflow.linkedPrompts'
const indexed = new Set([runKey, 'mlflow.trace.session'])

/** Clauses about spans that AND joins are about one and the same span, as in MLflow. */
export function traceCondition(filter: Filter): RawBuilder<SqlBool> {
  if (filter.kind === 'not') return sql<SqlBool>`not coalesce(${traceCondition(filter.of)}, false)`
  if (!('of' in filter)) return clauseOf(filter)
  if (filter.kind === 'or' || filter.of.length === 0) {
    return filter.of.length === 0 ? sql`true` : joined(filter.of.map(traceCondition), ' or ')
  }
  const isSpanClause = (part: Filter): part is Clause => !('of' in part) && part.entity === 'span'
  const spans = filter.of.filter(isSpanClause)
  const others = filter.of.filter((part) => !isSpanClause(part)).map(traceCondition)
  return joined(spans.length === 0 ? others : [...others, spanWith(spans)], ' and ')
}

const joined = (parts: readonly RawBuilder<SqlBool>[], by: string) => sql<SqlBool>`(${sql.join(parts, sql.raw(by))})`

function clauseOf(clause: Clause): RawBuilder<SqlBool> {
  switch (clause.entity) {
    case 'attribute':
      return conditionOf(clause, attributes[clause.key]!)
    case 'tag':
    case 'metadata':
      return linkOf(clause) ?? conditionOf(clause, sql`(${textAt(clause.entity, clause.key)})`)
    case 'span':
      return spanWith([clause])
    case 'feedback':
    case 'expectation':
      return assessed(clause)
    case 'issue':
      return sql<SqlBool>`exists (select 1 from traces.assessment a
        where a.trace_number = t.trace_number and a.kind = 'issue' and ${conditionOf(clause, sql`a.name`)})`
    case 'metric':
    case 'param':
    case 'dataset':
      throw new RangeError(`traces have no ${clause.entity}`)
  }
}

/** The runs and prompts that a trace belongs to are links too. */
function linkOf(clause: Clause): RawBuilder<SqlBool> | undefined {
  if (clause.kind !== 'compare' || clause.op !== '=') return undefined
  if (clause.entity === 'metadata' && clause.key === runKey) {
    return sql<SqlBool>`(${conditionOf(clause, sql`(${textAt('metadata', runKey)})`)} or exists (
      select 1 from traces.run_link l where l.trace_number = t.trace_number and l.run_id = ${clause.value}))`
  }
  if (clause.entity === 'tag' && clause.key === promptsKey) {
    return sql<SqlBool>`exists (select 1 from traces.prompt_link l
      where l.trace_number = t.trace_number and l.name || '/' || l.version = ${clause.value})`
  }
  return undefined
}

function assessed(clause: Clause): RawBuilder<SqlBool> {
  const isAbsence = clause.kind === 'missing' && !clause.negated
  return sql<SqlBool>`${sql.raw(isAbsence ? 'not' : '')} exists (select 1 from traces.assessment a
    where a.trace_number = t.trace_number and a.kind = ${clause.entity} and a.name = ${clause.key} and a.is_valid
      and ${assessedValue(clause)})`
}

/** Numbers are compared with numbers only; for texts, a flag is `true` or `false`. */
function assessedValue(clause: Clause): RawBuilder<SqlBool> {
  if (clause.kind === 'missing') return sql`true`
  if (clause.kind === 'compare' && typeof clause.value === 'number') {
    return conditionOf(clause, sql`(case when jsonb_typeof(a.value) = 'number' then a.value::float8 end)`)
  }
  return conditionOf(clause, sql`(a.value #>> '{}')`)
}

const spanWith = (clauses: readonly Clause[]): RawBuilder<SqlBool> =>
  sql<SqlBool>`exists (select 1 from traces.span s
    where s.trace_number = t.trace_number and ${joined(clauses.map(spanClause), ' and ')})`

const spanColumns: Readonly<Record<string, RawBuilder<unknown>>> = {
  name: sql`s.name`,
  type: sql`s.type`,
  status: sql`s.status`,
  content: sql`s.body::text`,
}

function spanClause(clause: Clause): RawBuilder<SqlBool> {
  const column = spanColumns[clause.key]
  if (column) return conditionOf(clause, column)
  // A text is itself, and what has parts is JSON.
  const value = sql`coalesce(a -> 'value' ->> 'string_value', a -> 'value' ->> 'int_value',
    a -> 'value' ->> 'bool_value', a -> 'value' ->> 'double_value', (a -> 'value')::text)`
  return sql<SqlBool>`exists (select 1 from jsonb_array_elements(s.body -> 'attributes') a
    where a ->> 'key' = ${clause.key.slice('attributes.'.length)} and ${conditionOf(clause, value)})`
}
