import { expect, it } from 'vitest'
import { changesOf, hintFor, textOf, valueOf, wordsOf } from './param-text.ts'

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

it('reads what is declared by its type, and says what it must be instead', () => {
  const number = { type: 'number', min: 0, max: 1, description: 'How fast.' } as const
  const moment = { type: 'moment' } as const

  expect(valueOf('0.5', 0.1, number)).toEqual({ value: 0.5 })
  expect(['', 'x', '2', 'Infinity'].map((text) => valueOf(text, 0.1, number))).toEqual(
    Array.from({ length: 4 }, () => ({ problem: 'It must be a number from 0 to 1.' })),
  )
  expect(valueOf('12', null, { type: 'string' })).toEqual({ value: '12' })
  expect(valueOf('true', null, { type: 'boolean' })).toEqual({ value: true })
  expect(valueOf('a\n', null, { type: 'list' })).toEqual({ value: ['a'] })
  expect(['', '2001-01-01'].map((text) => 'problem' in valueOf(text, null, moment))).toEqual([true, true])
  expect(['', 'a'].map((text) => valueOf(text, 'x', { type: 'string' }))).toEqual([{ value: '' }, { value: 'a' }])
  expect(valueOf('', null, { type: 'string' })).toEqual({ problem: 'It must be text.' })
  expect([hintFor(number), hintFor(moment), hintFor(undefined)]).toEqual([
    'How fast. A number from 0 to 1.',
    'A moment in UTC as in 2001-01-01T00:00:00Z.',
    undefined,
  ])
})

it('sends what differs from the defaults', () => {
  expect(changesOf({ lr: 0.1, seed: 1, columns: ['a'] }, { lr: 0.05, seed: 1, columns: ['a'] })).toEqual({ lr: 0.1 })
  expect(changesOf({ from: 'May', until: null }, {})).toEqual({ from: 'May' })
})
