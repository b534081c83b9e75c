import type { Field, SampleRow, Signature } from '@evenkeel/contract'
import { csvLine, parseCsv } from './csv.ts'

type Value = SampleRow[string]
type Cell = Exclude<Value, readonly unknown[]>

/** Sample rows as a person wrote them, read for one model. */
export interface Sample {
  readonly rows: readonly SampleRow[]
  /** Columns that are no inputs: one of them may hold what is expected. */
  readonly others: ReadonlyMap<string, readonly Value[]>
}

/** Values per row of a tensor; 1 for what does not say. */
export const widthOf = ({ shape }: Pick<Field, 'shape'>): number =>
  shape.slice(1).reduce((product, length) => product * Math.max(length, 1), 1)

/**
 * Reads rows of CSV with a header, of a JSON array, or of JSON lines. `x[0]`, `x[1]`, … are the values of one input;
 * where no name fits, as many columns as there are values are taken by position.
 *
 * @throws Error that says what is wrong with the text
 */
export function readSample(text: string, signature: Signature): Sample {
  const isJson = /^\s*[[{]/.test(text)
  const records = isJson ? readJson(text) : readCsv(text, signature)
  if (records.length === 0) throw new Error('There are no rows: write a header, and values below it.')
  const fields = new Map(signature.inputs.map((field) => [field.name, field]))
  const outputs = new Map(signature.outputs.map((field) => [field.name, field]))
  const output = signature.outputs[0]
  const typed = records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => {
        const field = fields.get(name) ?? outputs.get(name) ?? output
        return [name, isJson ? value : typedAs(field?.datatype ?? 'FP64', value)]
      }),
    ),
  )
  const names = new Set(typed.flatMap(Object.keys))
  const others = [...names].filter((name) => !fields.has(name))
  return {
    rows: typed.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => fields.has(name)))),
    others: new Map(others.map((name) => [name, typed.map((row) => row[name] ?? null)])),
  }
}

function readJson(text: string): SampleRow[] {
  // Lines of JSON begin like an object, and are none together.
  const isLines = /^\s*\{.*\}\s*\r?\n\s*\{/.test(text)
  const found = isLines ? text.trim().split(/\r?\n/).map(parse) : [parse(text)].flat()
  if (found.every((row) => row !== null && typeof row === 'object' && !Array.isArray(row))) return found as SampleRow[]
  throw new Error('The JSON is no list of objects, such as [{"age": 41}].')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`The JSON cannot be read: ${String(error)}`, { cause: error })
  }
}

function readCsv(text: string, { inputs }: Signature): SampleRow[] {
  const [header = [], ...records] = parseCsv(text)
  const ragged = records.findIndex((record) => record.length !== header.length)
  if (ragged >= 0)
    throw new Error(`Row ${ragged + 1} has ${records[ragged]!.length} values, and the header has ${header.length}.`)
  const names = namesOf(header, inputs)
  return records.map((record) => gather(names, record))
}

function namesOf(header: readonly string[], inputs: readonly Field[]): readonly string[] {
  const slots = inputs.flatMap((field) => slotsOf(field))
  const known = new Set([...slots, ...inputs.map(({ name }) => name)])
  return header.length === slots.length && !header.some((name) => known.has(name)) ? slots : header
}

/** The columns of an input: its name, or `name[i]` where it takes several values. */
export const slotsOf = (field: Pick<Field, 'name' | 'shape'>): string[] =>
  widthOf(field) === 1 ? [field.name] : Array.from({ length: widthOf(field) }, (_, i) => `${field.name}[${i}]`)

/** Puts `x[0]`, `x[1]` together as the list `x`. */
function gather(names: readonly string[], cells: readonly string[]): Record<string, Value> {
  const row: Record<string, Value> = {}
  for (const [at, name] of names.entries()) {
    const [, list] = /^(.*)\[\d+\]$/.exec(name) ?? []
    if (list === undefined) row[name] = cells[at]!
    else row[list] = [...((row[list] as Cell[] | undefined) ?? []), cells[at]!]
  }
  return row
}

function typedAs(datatype: Field['datatype'], value: Value): Value {
  if (Array.isArray(value)) return value.map((cell) => cellAs(datatype, String(cell)))
  return cellAs(datatype, String(value))
}

/** What cannot be read as the type stays text, so that the server names the row. */
function cellAs(datatype: Field['datatype'], text: string): Cell {
  if (text === '') return null
  if (datatype === 'BYTES') return text
  if (datatype === 'BOOL') return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : text
  if (/^(nan|na|null|none)$/i.test(text)) return null
  if (/^(true|false)$/i.test(text)) return /^true$/i.test(text) ? 1 : 0
  const number = Number(text)
  return Number.isFinite(number) ? number : text
}

/** Rows, with what is expected of the first output, as CSV that `readSample` reads. */
export function sampleText(
  signature: Signature,
  rows: readonly SampleRow[],
  expected: readonly Value[] | null,
): string {
  const { inputs } = signature
  const width = expected ? Math.max(...expected.map((value) => [value].flat().length)) : 0
  const name = expectedName(signature)
  const header = [
    ...inputs.flatMap(slotsOf),
    ...(width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}[${i}]`)),
  ]
  const lines = rows.map((row, at) => {
    const cells = inputs.flatMap((field) => padded(row[field.name], widthOf(field)))
    return csvLine([...cells, ...(expected ? padded(expected[at], width) : [])])
  })
  return [csvLine(header), ...lines].join('\n')
}

const padded = (value: Value | undefined, width: number): Cell[] => {
  const cells = [value ?? null].flat() as Cell[]
  return Array.from({ length: width }, (_, at) => cells[at] ?? null)
}

/** What the column of expected answers is called: as the output, unless an input is called so. */
export function expectedName({ inputs, outputs }: Signature): string {
  const name = outputs[0]?.name ?? 'expected'
  return inputs.some((input) => input.name === name) ? 'expected' : name
}

/** A row to begin with: the header, and zeros or empty texts. */
export function blankSample(signature: Signature): string {
  const cells = signature.inputs.flatMap((field) => slotsOf(field).map(() => blankOf(field.datatype)))
  return [csvLine(signature.inputs.flatMap(slotsOf)), csvLine(cells)].join('\n')
}

const blankOf = (datatype: Field['datatype']) => (datatype === 'BYTES' ? 'text' : datatype === 'BOOL' ? 'false' : 0)
