import type { CheckResult, Column, DataContract, DataRule } from '@evenkeel/contract'
import { isDeepStrictEqual } from 'node:util'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import { DomainError } from '../../platform/errors.ts'
import { firstLine } from './expression.ts'
import { type Found, type Plan, planRule, type RowTest } from './rules.ts'
import { identifier } from './sql-names.ts'
import { columnNamed, rowsOf } from './table.ts'

/** The files of a version and what is known of them. */
export interface CheckedTable {
  readonly paths: readonly string[]
  readonly columns: readonly Column[]
  readonly rowCount: number
}

export interface ReferenceTable {
  readonly version: number
  readonly paths: readonly string[]
  readonly columns: readonly Column[]
}

/** How many failing rows a result keeps. */
const keptRows = 20

type FailingRow = CheckResult['failingRows'][number]

/**
 * Holds a table against a contract. That the event time is a time stamp is always checked, and first.
 *
 * @param reference - the newest accepted version before it
 * @returns one result per rule; a rule that cannot be evaluated on this table is a failure with the reason
 */
export async function checkContract(
  queries: QueryEngine,
  table: CheckedTable,
  contract: DataContract,
  reference: ReferenceTable | undefined,
): Promise<CheckResult[]> {
  const rules = rulesOf(contract)
  const plans = rules.map((rule) => planRule(rule, { ...table, reference }))
  const files = withFiles(table, reference)
  const answers = await answerAll(queries, files, rules, plans)
  const ids = ruleIds(rules)

  return Promise.all(
    rules.map(async (rule, index): Promise<CheckResult> => {
      const [plan, answer] = [plans[index]!, answers[index]!]
      const head = { id: ids[index]!, rule }
      if ('settled' in plan) return { ...head, ...plan.settled, ...noRows(plan.settled.status, table.rowCount) }
      if ('reason' in answer) return { ...head, ...unanswered(plan.test, answer.reason) }
      const failingRows =
        answer.failed === 0 ? [] : await readFailing(queries, files, plan.test, contract, table.columns)
      return { ...head, ...judge(plan.test, answer), failingRows, failingSql: failingSql(plan.test) }
    }),
  )
}

function rulesOf({ eventTimeColumn, rules }: DataContract): readonly DataRule[] {
  const eventTime: DataRule = { kind: 'column_type', column: eventTimeColumn, type: 'timestamp' }
  return [eventTime, ...rules.filter((rule) => !isDeepStrictEqual(rule, eventTime))]
}

/** `null_share:origin`; a second rule of the same kind and column gets `#2`. */
export function ruleIds(rules: readonly DataRule[]): string[] {
  const seen = new Map<string, number>()
  return rules.map((rule) => {
    const about = 'column' in rule ? rule.column : 'name' in rule ? rule.name : undefined
    const id = about === undefined ? rule.kind : `${rule.kind}:${about}`
    const times = (seen.get(id) ?? 0) + 1
    seen.set(id, times)
    return times === 1 ? id : `${id}#${times}`
  })
}

function withFiles(table: CheckedTable, reference: ReferenceTable | undefined): string {
  const parts = [`data AS (FROM ${rowsOf(...table.paths)})`]
  if (reference) parts.push(`reference AS (FROM ${rowsOf(...reference.paths)})`)
  return `WITH ${parts.join(', ')}`
}

type Answer = Found | { readonly reason: string }

/** One pass over the rows for all the rules that only look at them; one query for each of the others. */
async function answerAll(
  queries: QueryEngine,
  files: string,
  rules: readonly DataRule[],
  plans: readonly Plan[],
): Promise<(Answer | undefined)[]> {
  const tests = plans.flatMap((plan, index) => ('test' in plan ? [{ index, test: plan.test }] : []))
  const isPlain = ({ index, test }: { index: number; test: RowTest }) =>
    test.from === 'data' && rules[index]!.kind !== 'sql'
  const batches = [tests.filter(isPlain), ...tests.filter((one) => !isPlain(one)).map((one) => [one])]
  const answers: (Answer | undefined)[] = []
  for (const batch of batches) {
    const found = await answerBatch(
      queries,
      files,
      batch.map(({ test }) => test),
    )
    for (const [position, { index }] of batch.entries()) answers[index] = found[position]
  }
  return answers
}

async function answerBatch(queries: QueryEngine, files: string, tests: readonly RowTest[]): Promise<Answer[]> {
  if (tests.length === 0) return []
  const columns = tests.flatMap(({ considered, broken, figures }, index) => [
    `count(*) FILTER (${considered}) AS seen${index}`,
    `count(*) FILTER ((${considered}) AND (${broken})) AS failed${index}`,
    ...Object.entries(figures).map(([name, sql]) => `${sql} AS ${name}${index}`),
  ])
  try {
    const [row] = await queries.query<Record<string, number>>(
      `${files} SELECT ${columns.join(', ')} FROM ${tests[0]!.from}`,
    )
    return tests.map(({ figures }, index) => ({
      seen: row![`seen${index}`]!,
      failed: row![`failed${index}`]!,
      figures: Object.fromEntries(Object.keys(figures).map((name) => [name, row![`${name}${index}`] ?? null])),
    }))
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'platform.query_failed')) throw error
    if (tests.length === 1) return [{ reason: firstLine(error.why) }]
    // One of them does not fit the table; alone, it says so.
    return (await Promise.all(tests.map((test) => answerBatch(queries, files, [test])))).flat()
  }
}

function judge({ atMost, expected, says, fails = false }: RowTest, found: Found) {
  const { seen, failed } = found
  const rows = { rowsConsidered: seen, rowsFailed: failed, expected }
  if (seen === 0 && !fails) {
    const why = 'There is no row with a value that the rule could look at.'
    return { ...rows, status: 'not_computable' as const, says: why, observed: null }
  }
  const share = seen === 0 ? 0 : failed / seen
  const status = fails || share > atMost ? ('fail' as const) : ('pass' as const)
  return { ...rows, status, says: says(found), observed: share }
}

const unanswered = (test: RowTest, reason: string) => ({
  status: 'fail' as const,
  says: `The rule cannot be evaluated on this table: ${reason}`,
  rowsConsidered: 0,
  rowsFailed: 0,
  observed: null,
  expected: test.expected,
  failingRows: [],
  failingSql: failingSql(test),
})

/** No single row decides a rule that was decided without them. */
const noRows = (status: CheckResult['status'], rowCount: number) => ({
  rowsConsidered: status === 'not_computable' ? 0 : rowCount,
  rowsFailed: 0,
  failingRows: [],
  failingSql: 'SELECT * FROM data WHERE false',
})

const failingSql = (test: RowTest, columns = '*') =>
  `SELECT ${columns} FROM ${test.from} WHERE (${test.considered}) AND (${test.broken})`

async function readFailing(
  queries: QueryEngine,
  files: string,
  test: RowTest,
  { keyColumns, eventTimeColumn }: DataContract,
  columns: readonly Column[],
): Promise<FailingRow[]> {
  const own = test.columns
  const shown = own && keyColumns.length > 0 ? [...keyColumns, eventTimeColumn, ...own] : undefined
  const known = shown?.filter((name) => name === '_expected' || columnNamed(columns, name))
  const list = known ? [...new Set(known)].map(identifier).join(', ') : '*'
  const rows = await queries.query<Record<string, unknown>>(`${files} ${failingSql(test, list)} LIMIT ${keptRows}`)
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, readValue(value)])))
}

/** What can be stored and shown of a value: text without NUL, numbers that JSON knows. */
function readValue(value: unknown): FailingRow[string] {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replaceAll('\0', '\u2400')
}
