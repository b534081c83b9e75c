import { type Column, datasetsErrors } from '@evenkeel/contract'
import { open } from 'node:fs/promises'
import type { QueryEngine } from '../../platform/duckdb/engine.ts'
import { DomainError, failPlatform, failures } from '../../platform/errors.ts'
import { readCsvHeader, whyNotNames } from './csv.ts'
import { firstLine } from './expression.ts'
import { textLiteral } from './sql-names.ts'
import { lineOfNul, type ReceivedFile } from './upload.ts'

const fail = failures(datasetsErrors)

/** A Parquet file that has been looked at. */
export interface Table {
  readonly path: string
  readonly columns: readonly Column[]
}

/** The rows of Parquet files as a SQL table. */
export const rowsOf = (...paths: readonly string[]): string =>
  `read_parquet([${paths.map(textLiteral).join(', ')}], union_by_name = true)`

/**
 * Opens what was sent as a table; a CSV file is converted to Parquet at `spare`.
 *
 * @throws DomainError `datasets.unreadable_file`, `datasets.empty_file`
 */
export async function openTable(
  queries: QueryEngine,
  file: ReceivedFile,
  { format, spare }: { readonly format: 'parquet' | 'csv'; readonly spare: string },
): Promise<Table> {
  if (file.sizeBytes === 0) throw fail('datasets.empty_file', {}, { why: 'The file has 0 bytes.' })
  if (format === 'csv') await convertCsv(queries, file, spare)
  else await requireParquet(file)
  const path = format === 'csv' ? spare : file.path
  return { path, columns: await readable(readColumns(queries, path)) }
}

/** Translates what DuckDB says of a broken file. */
export async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof DomainError && error.code === 'platform.query_failed')) throw error
    if (/No space left on device/.test(error.why)) throw failPlatform('platform.disk_full', {}, { cause: error })
    throw unreadable(...readMessage(error.why))
  }
}

function unreadable(reason: string, line?: number): DomainError {
  const why = line === undefined ? reason : `Line ${line}: ${reason}`
  return fail('datasets.unreadable_file', { reason, ...(line !== undefined && { line }) }, { why })
}

/** The line number and the sentence that matters of an error of DuckDB's CSV reader; the first line of another one. */
function readMessage(message: string): [reason: string, line?: number] {
  const [, line] = /CSV Error on Line: (\d+)/.exec(message) ?? []
  if (line === undefined) return [firstLine(message).replace(/"[^"]*\/([^"/]*)"/g, 'the file')]
  const [, , reason = ''] = message.split('\n')
  return [reason.trim(), Number(line)]
}

async function requireParquet({ path, sizeBytes }: ReceivedFile): Promise<void> {
  const file = await open(path)
  try {
    const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)]
    await file.read(head, 0, 4, 0)
    await file.read(tail, 0, 4, Math.max(0, sizeBytes - 4))
    if (head.toString('latin1') !== 'PAR1')
      throw unreadable('It is no Parquet file. For CSV, send the field format=csv.')
    if (tail.toString('latin1') !== 'PAR1') throw unreadable('The Parquet file is cut off: its end is missing.')
  } finally {
    await file.close()
  }
}

async function convertCsv(queries: QueryEngine, file: ReceivedFile, target: string): Promise<void> {
  if (file.hasNul) throw unreadable('The line holds a NUL byte, so this is no CSV text.', await lineOfNul(file.path))
  const { delimiter, names } = readCsvHeader(await readHead(file.path))
  const problem = whyNotNames(names)
  if (problem !== undefined) throw unreadable(problem, 1)

  const dialect = `header = true, skip = 0, delim = ${textLiteral(delimiter)}, quote = '"', escape = '"', comment = '', strict_mode = true, null_padding = false`
  const source = textLiteral(file.path)
  try {
    await queries.run(
      `COPY (FROM read_csv(${source}, ${dialect}, sample_size = -1, dateformat = '%Y-%m-%d'))
       TO ${textLiteral(target)} (FORMAT parquet, COMPRESSION zstd)`,
    )
  } catch (error) {
    // Guessing the types, DuckDB says only that a file does not fit; told that all is text, it says where.
    const texts = names.map((name) => `${textLiteral(name)}: 'VARCHAR'`).join(', ')
    await readable(
      queries.run(
        `SELECT count(COLUMNS(*)) FROM read_csv(${source}, ${dialect}, auto_detect = false, columns = {${texts}})`,
      ),
    )
    await readable(Promise.reject(error))
  }
}

const headBytes = 1024 ** 2

async function readHead(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

interface ParquetColumn {
  readonly name: string
  readonly children: number | null
  readonly repetition: string
}

async function readColumns(queries: QueryEngine, path: string): Promise<Column[]> {
  const schema = await queries.query<ParquetColumn>(
    `SELECT name, num_children AS children, repetition_type AS repetition FROM parquet_schema(${textLiteral(path)})`,
  )
  const fields = topLevel(schema)
  const problem = whyNotNames(fields.map(({ name }) => name))
  if (problem !== undefined) throw unreadable(problem)
  const described = await queries.query<{ column_name: string; column_type: string }>(`DESCRIBE FROM ${rowsOf(path)}`)
  return described.map(({ column_name: name, column_type: type }) => ({
    name,
    type,
    nullable: fields.find((field) => field.name === name)?.repetition !== 'REQUIRED',
  }))
}

/** The schema of Parquet is a tree, told depth first; its root comes first. */
function topLevel([root, ...nodes]: readonly ParquetColumn[]): ParquetColumn[] {
  const fields: ParquetColumn[] = []
  let pending = 0
  for (const node of nodes) {
    if (pending === 0) fields.push(node)
    else pending--
    pending += node.children ?? 0
  }
  return fields.slice(0, root?.children ?? 0)
}

export const columnNamed = (columns: readonly Column[], name: string): Column | undefined =>
  columns.find((column) => column.name.toLowerCase() === name.toLowerCase())
