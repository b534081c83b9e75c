import { type Field, modelImportErrors, type SampleRow } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'
import type { TrialData, TrialInput } from './child-job.ts'

const fail = failures(modelImportErrors)

interface EngineType {
  readonly type: TrialInput['type']
  /** What cannot be missing, and has no fractions. */
  readonly isWhole: boolean
  collect(values: readonly unknown[]): TrialData
}

const whole = (type: TrialInput['type'], collect: EngineType['collect']): EngineType => ({
  type,
  isWhole: true,
  collect,
})
const numbers = (values: readonly unknown[]) => values as readonly number[]

/** How values of an input reach the engine. */
export const engineTypes: Readonly<Record<Field['datatype'], EngineType>> = {
  BOOL: whole('bool', (values) => Uint8Array.from(values, (value) => (value ? 1 : 0))),
  INT8: whole('int8', (values) => Int8Array.from(numbers(values))),
  INT16: whole('int16', (values) => Int16Array.from(numbers(values))),
  INT32: whole('int32', (values) => Int32Array.from(numbers(values))),
  INT64: whole('int64', (values) => BigInt64Array.from(numbers(values), BigInt)),
  UINT8: whole('uint8', (values) => Uint8Array.from(numbers(values))),
  UINT16: whole('uint16', (values) => Uint16Array.from(numbers(values))),
  UINT32: whole('uint32', (values) => Uint32Array.from(numbers(values))),
  UINT64: whole('uint64', (values) => BigUint64Array.from(numbers(values), BigInt)),
  FP32: { type: 'float32', isWhole: false, collect: (values) => Float32Array.from(numbers(values)) },
  FP64: { type: 'float64', isWhole: false, collect: (values) => Float64Array.from(numbers(values)) },
  BYTES: { type: 'string', isWhole: false, collect: (values) => values as readonly string[] },
}

/** Numbers of an integer type that it cannot hold would wrap around and be others. */
const ranges: Partial<Record<Field['datatype'], readonly [min: number, max: number]>> = {
  INT8: [-128, 127],
  INT16: [-32_768, 32_767],
  INT32: [-(2 ** 31), 2 ** 31 - 1],
  INT64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  UINT8: [0, 255],
  UINT16: [0, 65_535],
  UINT32: [0, 2 ** 32 - 1],
  UINT64: [0, Number.MAX_SAFE_INTEGER],
}

/**
 * Sample rows as the inputs of a model.
 *
 * @throws DomainError `registry.bad_sample` naming the row and the column, both as the person who sent them counts
 */
export function inputsOf(fields: readonly Field[], rows: readonly SampleRow[]): TrialInput[] {
  return fields.map((field) => {
    const { name, datatype } = field
    const rowShape = rowShapeOf(field)
    const width = rowShape.reduce((product, length) => product * length, 1)
    const { type, collect } = engineTypes[datatype]
    const values = rows.flatMap((row, at) => valuesOf(field, width, row[name], at))
    return { name, type, rowShape, data: collect(values) }
  })
}

/** What one row takes, without the batch. @throws DomainError `registry.bad_sample` when more than the batch is open */
export function rowShapeOf({ name, shape }: Field): readonly number[] {
  const [batch = -1, ...row] = shape
  if (batch > 1)
    throw refuse(null, name, `The input takes exactly ${batch} rows at once; export it with an open batch.`)
  if (row.includes(-1)) throw refuse(null, name, 'A length beside the batch is open, so rows do not say what it takes.')
  return row
}

function valuesOf({ name, datatype }: Field, width: number, given: SampleRow[string] | undefined, row: number) {
  if (given === undefined) throw refuse(row, name, 'The column is missing.')
  const values = Array.isArray(given) ? given : [given]
  if (values.length !== width) throw refuse(row, name, `It has ${values.length} values, and the input takes ${width}.`)
  return values.map((value) => {
    const why = whyNotValue(datatype, value)
    if (why !== undefined) throw refuse(row, name, why)
    if (value === null) return datatype === 'BYTES' ? '' : Number.NaN
    return value
  })
}

function whyNotValue(datatype: Field['datatype'], value: string | number | boolean | null): string | undefined {
  const shown = JSON.stringify(value)
  if (datatype === 'BYTES') return value === null || typeof value === 'string' ? undefined : `${shown} is no text.`
  if (value === null)
    return engineTypes[datatype].isWhole ? `It is missing, and ${datatype} has no missing values.` : undefined
  if (datatype === 'BOOL') return typeof value === 'boolean' ? undefined : `${shown} is neither true nor false.`
  if (typeof value !== 'number') return `${shown} is no number, and the input is ${datatype}.`
  const [min, max] = ranges[datatype] ?? []
  if (min === undefined || max === undefined) return undefined
  if (!Number.isInteger(value)) return `${shown} is no whole number, and the input is ${datatype}.`
  return value < min || value > max ? `${shown} does not fit ${datatype}.` : undefined
}

export function refuse(row: number | null, column: string | null, reason: string) {
  const where = [row === null ? [] : [`row ${row + 1}`], column === null ? [] : [`column "${column}"`]]
    .flat()
    .join(', ')
  const details = { row: row === null ? null : row + 1, column, reason }
  return fail('registry.bad_sample', details, {
    why: where ? `${where[0]!.toUpperCase()}${where.slice(1)}: ${reason}` : reason,
  })
}
