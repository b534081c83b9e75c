import { readOnnx } from '@evenkeel/numerics'
import { open, readFile, stat } from 'node:fs/promises'
import type { Tables } from '../tables.ts'
import { differs, type Finding } from './finding.ts'
import { compareJson } from './json.ts'
import { compareModels } from './onnx.ts'
import { compareRows } from './rows.ts'

export interface Comparing {
  readonly tables: Tables
  readonly tolerance: number
  /** Path of the golden rows of the model; undefined when it has none. */
  readonly golden: string | undefined
}

/** Larger ones are compared as text: they would not fit into memory twice. */
const parsedMostBytes = 64 * 1024 * 1024
const headBytes = 64 * 1024

/** Compares two files that are not the same bytes, by what they hold: rows, a model, a document, or lines. */
export async function compareFiles(before: string, after: string, comparing: Comparing): Promise<Finding> {
  const { tables, tolerance } = comparing
  const [a, b] = [await headOf(before), await headOf(after)]
  const both = (is: (head: Buffer) => boolean) => is(a) && is(b)
  if (both(isParquet)) return compareRows(tables, 'read_parquet', { before, after, tolerance })
  if (!both(isText)) {
    const models = (await isModel(before)) && (await isModel(after))
    return models ? compareModels(before, after, comparing) : compareBytes(before, after)
  }
  const [document, other] = [await jsonIn(before), await jsonIn(after)]
  if (document !== undefined && other !== undefined) return compareJson(document, other, tolerance)
  if (both(isCsv)) {
    // What looks like a table and is none is compared as text.
    const rows = await compareRows(tables, 'read_csv', { before, after, tolerance }).catch(() => undefined)
    if (rows) return rows
  }
  return compareLines(before, after)
}

async function headOf(path: string): Promise<Buffer> {
  await using file = await open(path)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0)
  return buffer.subarray(0, bytesRead)
}

const isParquet = (head: Buffer): boolean => head.toString('latin1', 0, 4) === 'PAR1'
const isText = (head: Buffer): boolean => !head.includes(0)
/** A head of at least two columns. */
const isCsv = (head: Buffer): boolean => /^[^\n]+[,;\t][^\n]*\n/.test(head.toString())

async function isModel(path: string): Promise<boolean> {
  if ((await stat(path)).size > parsedMostBytes) return false
  try {
    return readOnnx(await readFile(path)).outputs.length > 0
  } catch {
    return false
  }
}

async function jsonIn(path: string): Promise<unknown> {
  if ((await stat(path)).size > parsedMostBytes) return undefined
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown
  } catch {
    return undefined
  }
}

/** Two texts are equal only when they are the same bytes, so there is a first line that differs. */
async function compareLines(before: string, after: string): Promise<Finding> {
  await using a = await open(before)
  await using b = await open(after)
  const lines: Lines = a.readLines()[Symbol.asyncIterator]()
  const others: Lines = b.readLines()[Symbol.asyncIterator]()
  for (let number = 1; ; number++) {
    const [x, y] = await Promise.all([lines.next(), others.next()])
    if (x.done && y.done) return differs('Only the ends of lines differ.')
    if (x.value !== y.value) return differs(`Line ${number}: ${lineText(x)} and ${lineText(y)}.`)
  }
}

type Lines = AsyncIterator<string, undefined>
const lineText = ({ done, value }: IteratorResult<string, undefined>): string =>
  done ? 'nothing' : JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value)

async function compareBytes(before: string, after: string): Promise<Finding> {
  await using a = await open(before)
  await using b = await open(after)
  for (let offset = 0; ; offset += headBytes) {
    const [x, y] = await Promise.all(
      [a, b].map(async (file) => {
        const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, offset)
        return buffer.subarray(0, bytesRead)
      }),
    )
    const at = x!.findIndex((byte, position) => byte !== y![position])
    if (at >= 0 || x!.length !== y!.length) return differs(`From byte ${offset + (at < 0 ? x!.length : at)} on.`)
    if (x!.length === 0) return differs('The bytes differ.')
  }
}
