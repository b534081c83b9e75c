import type { Column } from '@evenkeel/contract'
import { isDeepStrictEqual } from 'node:util'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import { DomainError } from '../../platform/errors.ts'
import { classOf } from './column-types.ts'
import { identifier } from './sql-names.ts'

/** Parts of a statement that look beyond one row, by what DuckDB's parser calls them. */
const foreign: Readonly<Record<string, string>> = {
  SUBQUERY: 'a subquery',
  WINDOW: 'a window function',
  STAR: '"*"',
}

/**
 * Judges SQL that a person wrote as an expression over one row: no second statement, no subquery, no function that reads
 * anything or answers differently each time, and the type that is asked for (a truth value is a number, too).
 *
 * @param columns - what it may name; without them only the form is judged
 * @returns the reason why it is none, undefined when it is one
 */
export async function whyNotExpression(
  queries: QueryEngine,
  expression: string,
  columns: readonly Column[] | undefined,
  type: 'number' | 'boolean',
): Promise<string | undefined> {
  const parsed = await parse(queries, expression)
  if ('reason' in parsed) return parsed.reason
  const parts = [...walk(parsed.tree)]
  const beyond = parts.find((part) => typeof part['class'] === 'string' && part['class'] in foreign)
  if (beyond) return `It holds ${foreign[String(beyond['class'])]}; it may only look at one row.`
  const refused = await refusedFunction(queries, parts)
  if (refused !== undefined) return `It calls "${refused}", which is no function of one row.`
  return columns && whyNotType(queries, expression, columns, type)
}

interface Statements {
  readonly error: boolean
  readonly error_message?: string
  readonly statements?: readonly { readonly node: { readonly select_list: readonly unknown[] } }[]
}

async function parse(queries: QueryEngine, expression: string): Promise<{ tree: unknown } | { reason: string }> {
  const [row] = await queries.query<{ ast: string; plain: string }>(
    'SELECT CAST(json_serialize_sql(CAST($1 AS VARCHAR)) AS VARCHAR) AS ast, ' +
      `CAST(json_serialize_sql('SELECT (1) AS "value"') AS VARCHAR) AS plain`,
    [`SELECT (${expression}\n) AS "value"`],
  )
  const [ast, plain] = [JSON.parse(row!.ast) as Statements, JSON.parse(row!.plain) as Statements]
  if (ast.error) return { reason: `It cannot be parsed: ${ast.error_message}` }
  // Apart from its one expression, the statement must be the plainest one there is: no FROM, no second column, nothing.
  if (!isDeepStrictEqual(withoutExpression(ast), withoutExpression(plain))) {
    return { reason: 'It is more than one expression.' }
  }
  return { tree: ast.statements![0]!.node.select_list[0] }
}

const withoutExpression = ({ statements }: Statements) =>
  statements?.map(({ node, ...rest }) => ({ ...rest, node: { ...node, select_list: node.select_list.length } }))

function* walk(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const part of Object.values(value)) yield* walk(part)
}

/** Functions of one row that DuckDB keeps as macros. */
const macros = ['nullif', 'fmod', 'fdiv']
/** DuckDB calls them consistent, and still they look at the clock or at the session. */
const outside = ['age', 'current_localtime', 'current_localtimestamp', 'current_setting', 'getvariable']

async function refusedFunction(
  queries: QueryEngine,
  parts: readonly Readonly<Record<string, unknown>>[],
): Promise<string | undefined> {
  const names = [...new Set(parts.flatMap(({ function_name: name }) => (typeof name === 'string' ? [name] : [])))]
  if (names.length === 0) return undefined
  const known = await queries.query<{ name: string }>(
    `SELECT DISTINCT function_name AS name FROM duckdb_functions()
     WHERE list_contains($1, function_name)
       AND (function_type = 'scalar' AND stability = 'CONSISTENT' OR list_contains($2, function_name))
       AND NOT list_contains($3, function_name)`,
    [names, macros, outside],
  )
  return names.find((name) => !known.some((row) => row.name === name))
}

async function whyNotType(
  queries: QueryEngine,
  expression: string,
  columns: readonly Column[],
  type: 'number' | 'boolean',
): Promise<string | undefined> {
  const empty = columns.map((column) => `CAST(NULL AS ${column.type}) AS ${identifier(column.name)}`)
  try {
    const [described] = await queries.query<{ column_type: string }>(
      `DESCRIBE SELECT (${expression}\n) AS "value" FROM (SELECT ${empty.join(', ')}) AS data`,
    )
    const found = described!.column_type
    if (found === 'BOOLEAN' || (type === 'number' && classOf(found) === 'number')) return undefined
    return `It is ${found}, and ${type === 'number' ? 'a number or a truth value' : 'a truth value'} is needed.`
  } catch (error) {
    if (error instanceof DomainError && error.code === 'platform.query_failed') return firstLine(error.why)
    throw error
  }
}

/** DuckDB goes on with a drawing of where in its own query the mistake lies. */
export const firstLine = (message: string): string => message.split('\n')[0]!.trim()
