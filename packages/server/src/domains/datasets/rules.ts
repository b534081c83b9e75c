import type { CheckResult, Column, DataRule } from '@evenkeel/contract'
import { asDouble, classOf } from './column-types.ts'
import { identifier, textLiteral } from './sql-names.ts'
import { columnNamed } from './table.ts'
import { conversionOf, inWords, partOf, percent } from './words.ts'

/** What is checked, and what the rule may compare it with. */
export interface Subject {
  readonly columns: readonly Column[]
  readonly rowCount: number
  /** The newest accepted version before this one. */
  readonly reference: { readonly version: number; readonly columns: readonly Column[] } | undefined
}

/** What a query found out: rows that the rule looks at, those that break it, and figures of the rule's own. */
export interface Found {
  readonly seen: number
  readonly failed: number
  readonly figures: Readonly<Record<string, number | null>>
}

/** A rule as a question to the rows; `data` and `reference` stand for the files of both versions. */
export interface RowTest {
  readonly from: string
  /** SQL condition: whether the rule looks at a row. */
  readonly considered: string
  /** SQL condition: whether a row that it looks at breaks it. */
  readonly broken: string
  /** Aggregates over all rows, for the words. */
  readonly figures: Readonly<Record<string, string>>
  /** What to show of a failing row; undefined shows every column. */
  readonly columns: readonly string[] | undefined
  /** Share of the rows that may break it. */
  readonly atMost: number
  readonly expected: string
  readonly says: (found: Found) => string
  /** The verdict does not hang on the rows alone. */
  readonly fails?: boolean
}

/** A rule that was decided without looking at rows. */
export type Settled = Pick<CheckResult, 'status' | 'says' | 'observed' | 'expected'>

export type Plan = { readonly settled: Settled } | { readonly test: RowTest }

type RuleOf<K extends DataRule['kind']> = Extract<DataRule, { readonly kind: K }>

/** Turns a rule into a question to the rows, or into an answer when none is needed. */
export function planRule(rule: DataRule, subject: Subject): Plan {
  switch (rule.kind) {
    case 'row_count':
      return planRowCount(rule, subject)
    case 'sql':
      return planSql(rule)
    case 'column_type':
      return withColumn(rule, subject, planType)
    case 'null_share':
      return withColumn(rule, subject, planNulls)
    case 'range':
      return withColumn(rule, subject, planRange)
    case 'known_values':
      return withColumn(rule, subject, planKnownValues)
    case 'same_as_reference':
      return withColumn(rule, subject, (same, column) => planSame(same, column, subject))
  }
}

const settled = (
  status: CheckResult['status'],
  says: string,
  { expected = '', observed = null }: { expected?: string; observed?: number | null } = {},
): Plan => ({ settled: { status, says, expected, observed } })

function withColumn<R extends DataRule & { readonly column: string }>(
  rule: R,
  { columns }: Subject,
  plan: (rule: R, column: Column) => Plan,
): Plan {
  const column = columnNamed(columns, rule.column)
  if (column) return plan(rule, column)
  const names = columns.map(({ name }) => name).join(', ')
  return settled('fail', `There is no column "${rule.column}"; there are ${names}.`, {
    expected: `a column "${rule.column}"`,
  })
}

function planRowCount({ atLeast }: RuleOf<'row_count'>, { rowCount }: Subject): Plan {
  const expected = `at least ${inWords(atLeast)} rows`
  const status = rowCount >= atLeast ? 'pass' : 'fail'
  return settled(status, `${rowCount.toLocaleString('en-US')} rows; ${expected} are expected.`, {
    expected,
    observed: rowCount,
  })
}

const planSql = ({ name, expression, atMost }: RuleOf<'sql'>): Plan => ({
  test: {
    from: 'data',
    considered: 'true',
    broken: `(${expression}\n) IS NOT TRUE`,
    figures: {},
    columns: undefined,
    atMost,
    expected: `${expression} in all but ${percent(atMost)} of the rows`,
    says: ({ seen, failed }) => `${partOf(failed, seen, 'rows')} break "${name}"; at most ${percent(atMost)} may.`,
  },
})

const typeNames = {
  number: 'a number',
  text: 'text',
  timestamp: 'a time stamp',
  boolean: 'a truth value',
  other: 'nested',
}
const castTypes = { number: 'DOUBLE', text: 'VARCHAR', timestamp: 'TIMESTAMP', boolean: 'BOOLEAN' } as const

function planType({ type }: RuleOf<'column_type'>, column: Column): Plan {
  const found = classOf(column.type)
  const is = `${column.name} is ${typeNames[found]} (${column.type})`
  if (found === type) return settled('pass', `${is}, as expected.`, { expected: typeNames[type] })
  const name = identifier(column.name)
  return {
    test: {
      from: 'data',
      considered: `${name} IS NOT NULL`,
      broken: `TRY_CAST(CAST(${name} AS VARCHAR) AS ${castTypes[type]}) IS NULL`,
      figures: {},
      columns: [column.name],
      atMost: 0,
      expected: typeNames[type],
      says: ({ seen, failed }) =>
        `${is}, and ${typeNames[type]} is expected; ${partOf(failed, seen, 'values')} cannot be read as such.`,
      fails: true,
    },
  }
}

const planNulls = ({ atMost }: RuleOf<'null_share'>, { name }: Column): Plan => ({
  test: {
    from: 'data',
    considered: 'true',
    broken: `${identifier(name)} IS NULL`,
    figures: {},
    columns: [name],
    atMost,
    expected: `at most ${percent(atMost)} of the rows without ${name}`,
    says: ({ seen, failed }) => `${partOf(failed, seen, 'rows')} have no ${name}; at most ${percent(atMost)} may.`,
  },
})

function planRange({ min, max }: RuleOf<'range'>, column: Column): Plan {
  if (!hasOrder(column))
    return settled('fail', `${column.name} is ${column.type}, which has no range.`, { expected: 'a number' })
  const x = asDouble(column)
  const outside = [
    `isnan(${x})`,
    ...(min === undefined ? [] : [`${x} < '${min}'::DOUBLE`]),
    ...(max === undefined ? [] : [`${x} > '${max}'::DOUBLE`]),
  ]
  const show = (value: number | null | undefined) => present(value, column)
  const expected = [min !== undefined && `at least ${show(min)}`, max !== undefined && `at most ${show(max)}`]
    .filter((part) => part !== false)
    .join(' and ')
  return {
    test: {
      from: 'data',
      considered: `${identifier(column.name)} IS NOT NULL`,
      broken: outside.join(' OR '),
      figures: { min: `min(${x})`, max: `max(${x})` },
      columns: [column.name],
      atMost: 0,
      expected,
      says: ({ seen, failed, figures }) =>
        `${partOf(failed, seen, `values of ${column.name}`)} are not ${expected}; ` +
        `they go from ${show(figures['min'])} to ${show(figures['max'])}.`,
    },
  }
}

const hasOrder = ({ type }: Column) => classOf(type) === 'number' || classOf(type) === 'timestamp'

function present(value: number | null | undefined, { type }: Column): string {
  if (typeof value !== 'number') return 'nothing'
  return classOf(type) === 'timestamp' ? new Date(value).toISOString() : inWords(value)
}

function planKnownValues({ values }: RuleOf<'known_values'>, { name }: Column): Plan {
  const text = `CAST(${identifier(name)} AS VARCHAR)`
  return {
    test: {
      from: 'data',
      considered: `${identifier(name)} IS NOT NULL`,
      broken: `${text} NOT IN (${values.map(textLiteral).join(', ')})`,
      figures: { unknown: `count(DISTINCT ${text}) FILTER (${text} NOT IN (${values.map(textLiteral).join(', ')}))` },
      columns: [name],
      atMost: 0,
      expected: `one of ${inWords(values.length)} known values`,
      says: ({ seen, failed, figures }) =>
        `${partOf(failed, seen, `values of ${name}`)} are not among the ${inWords(values.length)} known ones; ` +
        `${inWords(figures['unknown'] ?? 0)} different values are new.`,
    },
  }
}

function planSame(rule: RuleOf<'same_as_reference'>, column: Column, { columns, reference }: Subject): Plan {
  const expected = `within ${percent(rule.tolerance)} of the median of the same ${rule.groupBy.join(', ')} in the version before`
  const missing = rule.groupBy.find((name) => !columnNamed(columns, name))
  if (missing !== undefined) return settled('fail', `There is no column "${missing}" to group by.`, { expected })
  if (!hasOrder(column))
    return settled('fail', `${column.name} is ${column.type}, which cannot be compared.`, { expected })
  if (!reference) {
    return settled('not_computable', 'There is no accepted version before this one to compare with.', { expected })
  }
  const unknown = [rule.column, ...rule.groupBy].find((name) => !columnNamed(reference.columns, name))
  if (unknown !== undefined) {
    return settled('not_computable', `Version ${reference.version} has no column "${unknown}" to compare with.`, {
      expected,
    })
  }
  return { test: sameTest(rule, column, reference.version, expected) }
}

function sameTest(rule: RuleOf<'same_as_reference'>, column: Column, version: number, expected: string): RowTest {
  const groups = rule.groupBy.map(identifier).join(', ')
  const x = asDouble(column)
  const broken = `abs(${x} - "_expected") > '${rule.tolerance}'::DOUBLE * abs("_expected")`
  const ratio = (share: number) => `quantile_cont(${x} / nullif("_expected", 0), ${share}) FILTER (${broken})`
  return {
    from: `data JOIN (SELECT ${groups}, median(${x}) AS "_expected" FROM reference GROUP BY ALL) USING (${groups})`,
    considered: `${x} IS NOT NULL AND "_expected" IS NOT NULL`,
    broken,
    figures: { low: ratio(0.25), typical: ratio(0.5), high: ratio(0.75) },
    columns: [...rule.groupBy, column.name, '_expected'],
    atMost: rule.atMost,
    expected,
    says: ({ seen, failed, figures }) =>
      `${partOf(failed, seen, 'rows')} have another ${column.name} than version ${version} has for the same ` +
      `${rule.groupBy.join(' and ')} (tolerance ${percent(rule.tolerance)}); at most ${percent(rule.atMost)} may.` +
      (failed === 0 ? '' : sayFactor(figures)),
  }
}

function sayFactor({ low, typical, high }: Found['figures']): string {
  if (typeof low !== 'number' || typeof typical !== 'number' || typeof high !== 'number') return ''
  const factor = ` Those are ${inWords(typical)} times what they were`
  if (Math.abs(high - low) > 0.01 * Math.abs(typical))
    return `${factor} at the median (${inWords(low)} to ${inWords(high)}).`
  const conversion = conversionOf(typical)
  return `${factor}, nearly all of them, as when a unit changes${conversion === undefined ? '' : `: ${conversion}`}.`
}
