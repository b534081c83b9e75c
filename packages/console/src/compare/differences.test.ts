import { expect, it } from 'vitest'
import { compare, deltaText } from './differences.ts'

const byName = (a: string, b: string) => (a < b ? -1 : 1)

it('shows what differs, which includes what one run lacks, and all of it on wish', () => {
  const runs = [
    { lr: '0.1', depth: '6', seed: '1' },
    { lr: '0.2', depth: '6' },
  ]

  expect(compare(runs, true, byName)).toEqual([
    { key: 'lr', values: ['0.1', '0.2'] },
    { key: 'seed', values: ['1', undefined] },
  ])
  expect(compare(runs, false, byName).map(({ key }) => key)).toEqual(['depth', 'lr', 'seed'])
  expect(compare([{ a: '1' }], true, byName)).toEqual([])
})

it('takes nothing for a name that every object has', () => {
  expect(compare([{}, { toString: 'x' }], true, byName)).toEqual([{ key: 'toString', values: [undefined, 'x'] }])
})

it('says how far a value is from the baseline, without the noise of binary fractions', () => {
  expect([deltaText(0.93, 0.92), deltaText(0.3, 0.1 + 0.2), deltaText(1e-7, 3e-7), deltaText(5, 5)]).toEqual([
    '+0.01',
    '−5.551e-17',
    '−2e-7',
    '±0',
  ])
  expect([deltaText('NaN', 1), deltaText(undefined, 1), deltaText(1, 'Infinity')]).toEqual(Array(3).fill(undefined))
})
