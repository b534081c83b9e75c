import { type DuckDBValue } from '@duckdb/node-api'
import { count, name, type Tables, text } from '../tables.ts'
import { differs, equal, type Finding, shown } from './finding.ts'

interface Column {
  readonly name: string
  readonly type: string
}

export type Reader = 'read_parquet' | 'read_csv'

/** Compares two tables row by row and column by column, in their order. */
export async function compareRows(
  tables: Tables,
  reader: Reader,
  { before, after, tolerance }: { readonly before: string; readonly after: string; readonly tolerance: number },
): Promise<Finding> {
  const [a, b] = [`${reader}(${text(before)})`, `${reader}(${text(after)})`]
  const [columns, others] = [await columnsOf(tables, a), await columnsOf(tables, b)]
  const problem = otherColumns(columns, others) ?? (await otherCount(tables, a, b))
  if (problem) return differs(problem)
  await arrange(tables, columns, { a, b, tolerance })
  const rows = await tables.row(`SELECT ${columns.map(summary).join(', ')}, count_if(NOT (${allNear(columns)})) AS bad,
    count(*) AS total FROM compared`)
  const gap = widest(columns, rows)
  if (count(rows['bad']) === 0) return equal('Values', gap)
  if (await isReordered(tables, a, b)) return { ...equal('Rows', { width: 0, at: '' }), says: reordered }
  const says = await firstOf(tables, columns, rows)
  return differs(`${says} ${count(rows['bad'])} of ${count(rows['total'])} rows differ.`, gap)
}

const reordered = 'The same rows, in another order.'

async function columnsOf(tables: Tables, source: string): Promise<Column[]> {
  const found = await tables.rows(`DESCRIBE SELECT * FROM ${source}`)
  return found.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }))
}

function otherColumns(before: readonly Column[], after: readonly Column[]): string | undefined {
  const now = new Map(after.map((column) => [column.name, column.type]))
  const changed = before.find((column) => kindOf(now.get(column.name)) !== kindOf(column.type))
  if (changed) {
    const is = now.get(changed.name)
    return `The column "${changed.name}" was ${changed.type}, and is ${is ?? 'not there any more'}.`
  }
  const added = after.find((column) => before.every((one) => one.name !== column.name))
  return added && `The column "${added.name}" is new.`
}

async function otherCount(tables: Tables, a: string, b: string): Promise<string | undefined> {
  const counts = await tables.row(`SELECT (SELECT count(*) FROM ${a}) AS a, (SELECT count(*) FROM ${b}) AS b`)
  const [then, now] = [count(counts['a']), count(counts['b'])]
  return then === now ? undefined : `${then} rows and ${now} rows.`
}

/** Makes the view `compared`: the row number `r`, and of each column `a0`, `b0`, how far they are apart and whether that is near. */
async function arrange(
  tables: Tables,
  columns: readonly Column[],
  { a, b, tolerance }: { readonly a: string; readonly b: string; readonly tolerance: number },
): Promise<void> {
  const side = (letter: string) => columns.map((column, at) => `${name(column.name)} AS ${letter}${at}`).join(', ')
  await tables.run(`CREATE OR REPLACE VIEW compared AS
    SELECT row_number() OVER () AS r, *, ${columns.map((column, at) => nearness(column, at, tolerance)).join(', ')}
    FROM (SELECT ${side('a')} FROM ${a}) POSITIONAL JOIN (SELECT ${side('b')} FROM ${b})`)
}

/** What is not finite is near to nothing but itself. */
function nearness({ type }: Column, at: number, tolerance: number): string {
  const same = `a${at} IS NOT DISTINCT FROM b${at}`
  if (!isNumeric(type)) return `CAST(NULL AS DOUBLE) AS d${at}, ${same} AS n${at}`
  const [x, y] = [`CAST(a${at} AS DOUBLE)`, `CAST(b${at} AS DOUBLE)`]
  const gap = `CASE WHEN ${same} THEN 0 ELSE abs(${x} - ${y}) END`
  const near = `coalesce(isfinite(${x} - ${y}) AND abs(${x} - ${y}) <= ${tolerance} * greatest(1, abs(${x}), abs(${y})), false)`
  return `${gap} AS d${at}, (${same} OR ${near}) AS n${at}`
}

/** A column of whole numbers that has become one of others is still of numbers. */
const kindOf = (type: string | undefined) => (type !== undefined && isNumeric(type) ? 'number' : type)
const isNumeric = (type: string): boolean => /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)/.test(type)
const allNear = (columns: readonly Column[]): string => columns.map((_, at) => `n${at}`).join(' AND ')
const summary = (_: Column, at: number): string =>
  `max(d${at}) FILTER (isfinite(d${at})) AS gap${at}, min(r) FILTER (NOT n${at}) AS first${at}`

type Row = Record<string, DuckDBValue>

function widest(columns: readonly Column[], row: Row) {
  const gaps = columns.map((column, at) => ({
    width: Number(row[`gap${at}`] ?? 0),
    at: `, in the column "${column.name}"`,
  }))
  return gaps.reduce((most, one) => (one.width > most.width ? one : most), { width: 0, at: '' })
}

/** What stands in the first row that differs, counted from 1. */
async function firstOf(tables: Tables, columns: readonly Column[], row: Row): Promise<string> {
  const firsts = columns.map((_, at) => Number(row[`first${at}`] ?? Infinity))
  const number = Math.min(...firsts)
  const at = firsts.indexOf(number)
  const values = await tables.row(
    `SELECT CAST(a${at} AS VARCHAR) AS a, CAST(b${at} AS VARCHAR) AS b FROM compared WHERE r = ${number}`,
  )
  return `Row ${number}, column "${columns[at]!.name}": ${shown(values['a'])} and ${shown(values['b'])}.`
}

async function isReordered(tables: Tables, a: string, b: string): Promise<boolean> {
  const { left } = await tables.row(`SELECT count(*) AS left FROM (SELECT * FROM ${a} EXCEPT ALL SELECT * FROM ${b})`)
  return count(left) === 0
}
