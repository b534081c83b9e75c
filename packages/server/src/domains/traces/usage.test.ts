import { expect, it } from 'vitest'
import { amountsOf, type CountedSpan, totalOf } from './usage.ts'

const span = (spanId: string, parentId: string | null, tokens?: number): CountedSpan => ({
  spanId,
  parentId,
  amounts: tokens === undefined ? null : { input_tokens: tokens },
})

it('adds up the leaves, and nothing below a span that counts for its children', () => {
  const leaves = [span('a', null), span('b', 'a', 10), span('c', 'a'), span('d', 'c', 5)]
  expect(totalOf(leaves)).toEqual({ input_tokens: 15 })
  expect(totalOf([span('a', null, 15), ...leaves.slice(1)])).toEqual({ input_tokens: 15 })
  expect(totalOf([...leaves.slice(0, 2), span('c', 'a', 4), span('d', 'c', 5)])).toEqual({ input_tokens: 14 })
})

it('counts a span whose parent has not come, and ends where parents are a circle', () => {
  expect(totalOf([span('b', 'a', 10)])).toEqual({ input_tokens: 10 })
  expect(totalOf([span('a', 'b'), span('b', 'a'), span('c', 'b', 3)])).toEqual({ input_tokens: 3 })
  expect(totalOf([span('a', null)])).toBeNull()
})

it('takes numbers only', () => {
  expect(amountsOf({ input_tokens: 1, model: 'x', output_tokens: Infinity })).toEqual({ input_tokens: 1 })
  expect(amountsOf('[1]')).toBeNull()
  expect(amountsOf([1])).toBeNull()
})
