import type { OipDatatype } from '@evenkeel/contract'

export type Datatype = OipDatatype

/** FP16 is kept as its bits; BOOL as 0 and 1. */
export type Numbers =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

export type TensorData = Numbers | string[]

/** `data` is row-major and has as many elements as the product of `shape`. */
export interface Tensor {
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: TensorData
}

export type Tensors = Readonly<Record<string, Tensor>>

/** An input or output of a model; −1 is a dimension of any length, and the first one is the batch. */
export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
}

type NumericDatatype = Exclude<Datatype, 'BYTES'>

/** Bytes of one element; BYTES elements vary. */
export const elementBytes = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
} as const satisfies Record<NumericDatatype, number>

export const datatypes = [...(Object.keys(elementBytes) as NumericDatatype[]), 'BYTES'] as const

const holders = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const satisfies Record<NumericDatatype, unknown>

/** Room for so many elements. */
export function makeData(datatype: Datatype, length: number): TensorData {
  return datatype === 'BYTES' ? Array<string>(length).fill('') : new holders[datatype](length)
}

/** A view of aligned bytes as numbers. */
export function viewData(datatype: NumericDatatype, aligned: ArrayBuffer): Numbers {
  return new holders[datatype](aligned)
}

/** Number of elements of one row: the product of all dimensions but the first. */
export function rowWidth(shape: readonly number[]): number {
  let width = 1
  for (let i = 1; i < shape.length; i++) width *= shape[i]!
  return width
}

/** Copies elements [from, until) of one holder into another of the same datatype, starting at `at`. */
export function copyInto(into: TensorData, at: number, source: TensorData, from: number, until: number): void {
  if (until - from === 1) into[at] = source[from]!
  else if (Array.isArray(into)) {
    const texts = source as string[]
    for (let i = from; i < until; i++) into[at + i - from] = texts[i]!
  } else {
    ;(into as Uint8Array).set((source as Uint8Array).subarray(from, until), at)
  }
}

/** Rows [from, until) of a tensor, copied. */
export function sliceRows({ datatype, shape, data }: Tensor, from: number, until: number): Tensor {
  const width = rowWidth(shape)
  return {
    datatype,
    shape: [until - from, ...shape.slice(1)],
    data: data.slice(from * width, until * width) as TensorData,
  }
}

/** The rows with these indexes, in their order. */
export function pickRows({ datatype, shape, data }: Tensor, rows: readonly number[]): Tensor {
  const width = rowWidth(shape)
  const picked = makeData(datatype, rows.length * width)
  rows.forEach((row, i) => copyInto(picked, i * width, data, row * width, (row + 1) * width))
  return { datatype, shape: [rows.length, ...shape.slice(1)], data: picked }
}

/** Puts tensors that agree in all but the first dimension below each other. */
export function joinRows(parts: readonly Tensor[]): Tensor {
  const [first] = parts
  if (!first || parts.length === 1) return first!
  const rowCount = parts.reduce((count, { shape }) => count + shape[0]!, 0)
  const joined = makeData(first.datatype, rowCount * rowWidth(first.shape))
  let at = 0
  for (const { data } of parts) {
    copyInto(joined, at, data, 0, data.length)
    at += data.length
  }
  return { datatype: first.datatype, shape: [rowCount, ...first.shape.slice(1)], data: joined }
}

/** Applies one function to each tensor of a set. */
export function mapTensors(tensors: Tensors, change: (tensor: Tensor, name: string) => Tensor): Tensors {
  const changed: Record<string, Tensor> = {}
  for (const name in tensors) changed[name] = change(tensors[name]!, name)
  return changed
}
