import { binStride } from './binning.ts'
import * as wasm from './webassembly.ts'

/** Length of the histogram of one feature: a gradient and a hessian per bin. */
export const histogramStride = 2 * binStride

/** Features whose bins share a word, the first in the lowest byte. */
export const featuresPerWord = 4

/** Features that one call of `addRows` takes. */
export const featuresPerCall = 2 * featuresPerWord

/**
 * The two loops that a training spends most of its time in. They are WebAssembly, because JavaScript can neither add
 * gradient and hessian in one instruction nor leave out the check of each index: it takes two to three times as long.
 * Arrays must be views of the memory that the kernels were made for; nothing is checked.
 */
export interface Kernels {
  /** Adds the gradients of rows `[start, end)` of the order to the histograms. */
  addRows(task: HistogramTask, start: number, end: number): void
  /** Puts those rows of `[start, end)` of the order that go left before the others, and returns how many they are. */
  sortRows(task: SortTask, start: number, end: number): number
}

interface HistogramTask {
  /** Per row, the bins of the first four features. */
  readonly low: Uint32Array
  /** The bins of the others; not read when there are none. */
  readonly high: Uint32Array
  /** 1 to 8. */
  readonly featureCount: number
  /** Row numbers. */
  readonly order: Uint32Array
  /** Gradient and hessian side by side per row. */
  readonly gradients: Float32Array
  /** Histograms of the features one after the other. */
  readonly sums: Float64Array
}

interface SortTask {
  /** Row numbers. */
  readonly order: Uint32Array
  /** As long as `order`; its content from `start` to `end` is lost. */
  readonly scratch: Uint32Array
  /** Bin of every row. */
  readonly bins: Uint8Array
  /** 1 for each bin that goes left, else 0. */
  readonly leftOfBin: Uint8Array
}

export function createKernels(memory: WebAssembly.Memory): Kernels {
  const adders = Array.from({ length: featuresPerCall }, (_, index) => addRowsOf(index + 1))
  const module = new WebAssembly.Module(wasm.wasmModule([...adders, sortRows]))
  const { exports } = new WebAssembly.Instance(module, { env: { memory } })
  const call = (name: string) => exports[name] as (...addresses: number[]) => number
  const add = adders.map(({ name }) => call(name))
  const sort = call(sortRows.name)
  return {
    addRows({ low, high, featureCount, order, gradients, sums }, start, end) {
      if (start >= end) return
      const [from, to] = [order.byteOffset + 4 * start, order.byteOffset + 4 * end]
      add[featureCount - 1]!(from, to, low.byteOffset, high.byteOffset, gradients.byteOffset, sums.byteOffset)
    },
    sortRows({ order, scratch, bins, leftOfBin }, start, end) {
      if (start >= end) return 0
      const [from, to] = [order.byteOffset + 4 * start, order.byteOffset + 4 * end]
      const right = scratch.byteOffset + 4 * start
      return (sort(from, to, bins.byteOffset, leftOfBin.byteOffset, right) - (from | 0)) >>> 2
    },
  }
}

// Parameters of both: addresses of the first and past the last row number come first.
const [at, end] = [0, 1] as const

/** Goes through the row numbers; the body finds each in the local `row`. */
function forEachRow(row: number, body: wasm.Code): wasm.Code {
  const next = [wasm.get(at), wasm.i32Const(4), wasm.i32Add, wasm.tee(at)]
  return wasm.repeatWhile([wasm.get(at), wasm.i32Load, wasm.set(row), body, next, wasm.get(end), wasm.i32LessUnsigned])
}

function addRowsOf(featureCount: number): wasm.WasmFunction {
  const [low, high, gradients, sums, row, word, bin, pair] = [2, 3, 4, 5, 6, 7, 8, 9] as const
  const element = (array: number, logBytes: number) => [
    [wasm.get(array), wasm.get(row), wasm.i32Const(logBytes), wasm.i32ShiftLeft, wasm.i32Add],
  ]
  // A bin takes 16 bytes, so its byte is moved to bits 4 to 11 of the address.
  const toAddress = (lane: number) =>
    lane === 0 ? [wasm.i32Const(4), wasm.i32ShiftLeft] : [wasm.i32Const(8 * lane - 4), wasm.i32ShiftRightUnsigned]
  const addToBin = (feature: number): wasm.Code => [
    [wasm.get(word), toAddress(feature % featuresPerWord), wasm.i32Const(0xff0), wasm.i32And],
    [wasm.get(sums), wasm.i32Add, wasm.tee(bin), wasm.get(bin), wasm.v128Load(8 * histogramStride * feature)],
    [wasm.get(pair), wasm.addDoublePair, wasm.v128Store(8 * histogramStride * feature)],
  ]
  const addWord = (column: number, first: number, last: number): wasm.Code => [
    [element(column, 2), wasm.i32Load, wasm.set(word)],
    Array.from({ length: last - first }, (_, lane) => addToBin(first + lane)),
  ]
  return {
    name: `add${featureCount}`,
    parameterCount: 6,
    resultCount: 0,
    locals: ['i32', 'i32', 'i32', 'v128'],
    body: forEachRow(row, [
      [element(gradients, 3), wasm.loadFloatPair, wasm.set(pair)],
      addWord(low, 0, Math.min(featureCount, featuresPerWord)),
      featureCount > featuresPerWord ? addWord(high, featuresPerWord, featureCount) : [],
    ]),
  }
}

// Left rows overwrite what has been read, the others wait in the scratch. Both places are written and one cursor moves:
// cheaper than a branch that is right half of the time.
const sortRows = ((): wasm.WasmFunction => {
  const [bins, leftOfBin, scratch, row, goesLeft, left, right] = [2, 3, 4, 5, 6, 7, 8] as const
  const write = (cursor: number) => [wasm.get(cursor), wasm.get(row), wasm.i32Store]
  return {
    name: 'sort',
    parameterCount: 5,
    resultCount: 1,
    locals: ['i32', 'i32', 'i32', 'i32'],
    body: [
      [wasm.get(at), wasm.set(left), wasm.get(scratch), wasm.set(right)],
      forEachRow(row, [
        [wasm.get(leftOfBin), wasm.get(bins), wasm.get(row), wasm.i32Add, wasm.i32Load8, wasm.i32Add, wasm.i32Load8],
        [wasm.i32Const(2), wasm.i32ShiftLeft, wasm.set(goesLeft), write(left), write(right)],
        [wasm.get(left), wasm.get(goesLeft), wasm.i32Add, wasm.set(left)],
        [wasm.get(right), wasm.get(goesLeft), wasm.i32Subtract, wasm.i32Const(4), wasm.i32Add, wasm.set(right)],
      ]),
      [wasm.get(left), wasm.get(scratch), wasm.get(right), wasm.get(scratch), wasm.i32Subtract, wasm.memoryCopy],
      wasm.get(left),
    ],
  }
})()
