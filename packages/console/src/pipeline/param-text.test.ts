import { expect, it } from 'vitest'
import { changesOf, textOf, valueOf, wordsOf } from './param-text.ts'

it.each([
  { value: 0.05, text: '0.05' },
  { value: 'May 2001', text: 'May 2001' },
  { value: true, text: 'true' },
  { value: false, text: 'false' },
  { value: ['origin', 'hour'], text: 'origin\nhour' },
  { value: null, text: '' },
])('writes $value and reads it back as the same', ({ value, text }) => {
  expect(textOf(value)).toBe(text)
  expect(valueOf(text, value)).toEqual({ value })
})

it('keeps the kind of a param: text stays text, and a number must be one', () => {
  expect(valueOf('7', 'seven')).toEqual({ value: '7' })
  expect(valueOf('', 'seven')).toEqual({ value: '' })
  expect(['', ' ', 'x', 'Infinity'].map((text) => 'problem' in valueOf(text, 1))).toEqual([true, true, true, true])
  expect(valueOf('a\n\nb\n', [])).toEqual({ value: ['a', 'b'] })
})

it('reads on one line, and shows that there is nothing', () => {
  expect([['a', 'b'], 0, false, '', null, []].map(wordsOf)).toEqual(['a, b', '0', 'false', '–', '–', '–'])
})

it('guesses only where there was nothing', () => {
  expect(['12', 'true', 'x', '  '].map((text) => valueOf(text, null))).toEqual([
    { value: 12 },
    { value: true },
    { value: 'x' },
    { value: null },
  ])
})

it('sends what differs from the defaults', () => {
  expect(changesOf({ lr: 0.1, seed: 1, columns: ['a'] }, { lr: 0.05, seed: 1, columns: ['a'] })).toEqual({ lr: 0.1 })
  expect(changesOf({ from: 'May', until: null }, {})).toEqual({ from: 'May' })
})
