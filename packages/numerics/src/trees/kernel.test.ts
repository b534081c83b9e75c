import { expect, it } from 'vitest'
import { createArena } from './arena.ts'
import { createKernels, featuresPerWord, histogramStride } from './kernel.ts'
import { parkMiller } from './testing.ts'

const rowCount = 500
const numbers = parkMiller(9)
const below = (limit: number) => numbers.next().value % limit
const arena = createArena()
const kernels = createKernels(arena.memory)
const order = arena.words(rowCount)
order.set(Array.from({ length: rowCount }, (_, row) => (row * 7) % rowCount))

it.each([1, 2, 3, 4, 5, 6, 7, 8])('adds up what a plain loop adds up, for %i features', (featureCount) => {
  const [low, high] = [arena.words(rowCount), arena.words(rowCount)]
  const gradients = arena.floats(2 * rowCount)
  const sums = arena.doubles(8 * histogramStride)
  for (const words of [low, high]) words.set(Array.from(words, () => below(2 ** 31) * 2 + below(2)))
  gradients.set(Array.from(gradients, () => (below(2000) - 1000) / 1024))

  kernels.addRows({ low, high, featureCount, order, gradients, sums }, 20, 450)

  const expected = new Float64Array(sums.length)
  for (const row of order.subarray(20, 450)) {
    for (let feature = 0; feature < featureCount; feature++) {
      const word = (feature < featuresPerWord ? low : high)[row]!
      const bin = (word >>> (8 * (feature % featuresPerWord))) & 255
      expected[feature * histogramStride + 2 * bin]! += gradients[2 * row]!
      expected[feature * histogramStride + 2 * bin + 1]! += gradients[2 * row + 1]!
    }
  }
  expect(sums).toEqual(expected)
})

it('puts the rows that go left before the others, both in their old sequence', () => {
  const bins = arena.bytes(rowCount)
  const leftOfBin = arena.bytes(256)
  const scratch = arena.words(rowCount)
  bins.set(Array.from(bins, () => below(256)))
  leftOfBin.set(Array.from(leftOfBin, () => below(2)))
  const before = [...order]
  const part = before.slice(100, 333)
  const isLeft = (row: number) => leftOfBin[bins[row]!] === 1

  const leftCount = kernels.sortRows({ order, scratch, bins, leftOfBin }, 100, 333)

  const [left, right] = [part.filter(isLeft), part.filter((row) => !isLeft(row))]
  expect([...order]).toEqual([...before.slice(0, 100), ...left, ...right, ...before.slice(333)])
  expect(leftCount).toBe(left.length)
  expect(scratch[99]! + scratch[333]!).toBe(0)
})

it('does nothing with no rows', () => {
  const sums = arena.doubles(histogramStride)
  const gradients = arena.floats(2 * rowCount).fill(1)

  kernels.addRows({ low: order, high: order, featureCount: 1, order, gradients, sums }, 5, 5)

  expect(sums.every((sum) => sum === 0)).toBe(true)
  expect(kernels.sortRows({ order, scratch: order, bins: arena.bytes(1), leftOfBin: arena.bytes(256) }, 7, 7)).toBe(0)
})
