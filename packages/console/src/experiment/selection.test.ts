import { expect, it } from 'vitest'
import { MOST_SELECTED, toggled } from './selection.ts'

it('adds and takes away one run, or all up to the one that was pressed before', () => {
  expect(toggled(['a'], ['a', 'b', 'c', 'd'], 'c')).toEqual(['a', 'c'])
  expect(toggled(['a', 'c'], ['a', 'b', 'c', 'd'], 'c')).toEqual(['a'])
  expect(toggled(['d'], ['a', 'b', 'c', 'd'], 'b', 'd')).toEqual(['d', 'b', 'c'])
  expect(toggled(['a', 'b', 'c', 'd'], ['a', 'b', 'c', 'd'], 'b', 'c')).toEqual(['a', 'd'])
  expect(toggled([], ['a'], 'a', 'gone')).toEqual(['a'])
})

it('selects no more than can be compared', () => {
  const many = Array.from({ length: 300 }, (_, i) => `r${i}`)

  expect(toggled([], many, 'r299', 'r0')).toHaveLength(MOST_SELECTED)
})
