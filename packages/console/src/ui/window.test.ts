import { expect, it } from 'vitest'
import { columnsInView, rowsInView } from './window.ts'

it('draws the rows in view and a few beside them, however many there are', () => {
  expect(rowsInView(0, 340, 34, 100_000, 2)).toEqual({ from: 0, to: 12 })
  expect(rowsInView(3400, 340, 34, 100_000, 2)).toEqual({ from: 98, to: 112 })
  expect(rowsInView(99_999, 340, 34, 50, 2)).toEqual({ from: 50, to: 50 })
  expect(rowsInView(0, 340, 34, 0, 2)).toEqual({ from: 0, to: 0 })
})

it('draws the columns in view, whatever their widths', () => {
  const widths = [100, 50, 200, 100, 100]

  expect(columnsInView(0, 120, widths, 0)).toEqual({ from: 0, to: 2 })
  expect(columnsInView(150, 200, widths, 0)).toEqual({ from: 2, to: 3 })
  expect(columnsInView(150, 201, widths, 1)).toEqual({ from: 1, to: 5 })
  expect(columnsInView(9999, 200, widths, 1)).toEqual({ from: 0, to: 1 })
  expect(columnsInView(0, 200, [], 1)).toEqual({ from: 0, to: 0 })
})
