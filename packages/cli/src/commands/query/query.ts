import { plural, type QueryAnswer, type QueryView } from '@evenkeel/contract'
import { text } from 'node:stream/consumers'
import { CliError, exitCodes } from '../../errors.ts'
import { cell, durationText, table } from '../../table.ts'
import { type CommonOptions, connect, type Connection, outputOf } from '../common.ts'
import { csvLines } from './csv.ts'

interface QueryOptions extends CommonOptions {
  readonly schema?: string | boolean
  readonly limit: number
  readonly csv?: boolean
  readonly format: 'table' | 'csv' | 'json'
}

/** Prints the rows of a query, or what there is to ask. */
export async function query(given: string | undefined, options: QueryOptions): Promise<number> {
  const connection = await connect(options)
  if (options.schema !== undefined) return schema(connection, options)
  const format = options.csv ? 'csv' : options.format
  const output = outputOf({ ...options, json: options.json || format === 'json' })
  const found = await connection.query.run({ body: { sql: await sqlFrom(given), limit: options.limit } })
  output.result(found, () => (format === 'csv' ? csvLines(found) : tableLines(found)))
  if (format === 'table' || found.truncated) output.say(summaryOf(found, options.limit))
  return exitCodes.ok
}

async function sqlFrom(given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '-') return given
  const read = process.stdin.isTTY ? '' : await text(process.stdin)
  if (read.trim() !== '') return read
  throw new CliError({
    code: 'cli.usage',
    message: 'There is no query',
    why: 'it is neither given nor on stdin',
    fix: 'evenkeel query "select * from runs limit 10"; evenkeel query --schema lists the views',
    exitCode: exitCodes.usage,
  })
}

function tableLines({ columns, rows }: QueryAnswer): string[] {
  const heads = columns.map(({ name }) => name)
  return table(
    heads,
    rows.map((row) => row.map(textOf)),
  )
}

const textOf = (value: QueryAnswer['rows'][number][number]): string => {
  if (value === null) return '–'
  return cell(typeof value === 'object' ? JSON.stringify(value) : String(value), 60)
}

function summaryOf({ rows, truncated, durationMs }: QueryAnswer, limit: number): string {
  const count = `${plural(rows.length, 'row')} in ${durationText(durationMs)}`
  if (truncated === null) return count
  const next = truncated === 'rows' ? `there are more than ${limit}; ask with --limit` : 'the answer grew too large'
  return `${count}; ${next}, or narrow it down`
}

async function schema({ query: api }: Connection, options: QueryOptions): Promise<number> {
  const { items } = await api.schema({})
  const wanted = typeof options.schema === 'string' ? [requireView(items, options.schema)] : items
  outputOf({ ...options, json: options.json || options.format === 'json' }).result({ items: wanted }, () =>
    wanted.length === 1 ? columnLines(wanted[0]!) : viewLines(wanted),
  )
  return exitCodes.ok
}

const viewLines = (items: readonly QueryView[]): string[] => [
  ...table(
    ['view', 'what', 'columns'],
    items.map(({ name, says, columns }) => [name, says, columns.map((column) => column.name).join(', ')]),
  ),
  'next   evenkeel query --schema runs',
]

const columnLines = ({ name, says, columns }: QueryView): string[] => [
  `${name}  ${says}`,
  ...table(
    ['column', 'type', 'what'],
    columns.map((column) => [column.name, column.type, column.says]),
  ),
]

function requireView(items: readonly QueryView[], wanted: string): QueryView {
  const found = items.find(({ name }) => name === wanted)
  if (found) return found
  throw new CliError({
    code: 'cli.no_view',
    message: `There is no view "${wanted}"`,
    why: `there are ${items.map(({ name }) => name).join(', ')}`,
    fix: 'evenkeel query --schema',
    exitCode: exitCodes.notFound,
  })
}
