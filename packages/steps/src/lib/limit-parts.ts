import { count, type Tables } from './tables.ts'

interface Part {
  /** A boolean column, quoted; false afterwards for a row that its part does not keep. */
  readonly column: string
  /** Most rows to keep; null for all. */
  readonly limit: number | null
}

/**
 * A subquery that keeps some rows of each part of a table: those at which a line of slope limit / total passes a whole
 * number, so they are spread evenly over the part.
 */
export async function limitParts(tables: Tables, table: string, parts: readonly Part[]): Promise<string> {
  const columns = parts.map(({ column }) => column)
  const totals = await tables.row(`SELECT ${columns.map((part) => `count(*) FILTER (${part}) AS ${part}`).join(', ')}
    FROM ${table}`)
  const kept = parts.map(({ column, limit }) => {
    const total = count(totals[column.slice(1, -1)])
    const all = limit === null || total <= limit
    return all ? `${column} AS ${column}` : `${column} AND ${passes(column, limit, total)} AS ${column}`
  })
  return `(SELECT * REPLACE (${kept.join(', ')}) FROM ${table}) WHERE ${columns.join(' OR ')}`
}

function passes(part: string, limit: number, total: number): string {
  const number = `count(*) FILTER (${part}) OVER (ROWS UNBOUNDED PRECEDING)`
  return `(${number} * ${limit}) // ${total} > ((${number} - 1) * ${limit}) // ${total}`
}
