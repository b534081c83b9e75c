import { expect, it } from 'vitest'
import {
  formatAge,
  formatBytes,
  formatDateTime,
  formatDuration,
  formatMs,
  formatNumber,
  formatPercent,
  formatSigned,
} from './format.ts'

it('writes numbers with their unit and no more digits than they carry', () => {
  expect([0, 1204, 0.741234, 1234.56, -0.5].map(formatNumber)).toEqual(['0', '1,204', '0.7412', '1,235', '-0.5'])
  expect([0.7125, 34.2, 1250].map(formatMs)).toEqual(['0.71 ms', '34 ms', '1.3 s'])
  expect([812, 1_412_096, 5 * 1024 ** 3].map(formatBytes)).toEqual(['812 B', '1.3 MiB', '5.0 GiB'])
  expect(formatPercent(0.12345)).toBe('12.3 %')
})

it('gives a difference its sign, and none to what rounds to zero', () => {
  expect([0.0214, -0.003, 0.00001, -0.00001].map((value) => formatSigned(value))).toEqual([
    '+0.0214',
    '−0.0030',
    '0.0000',
    '0.0000',
  ])
})

it('gives an age in the largest unit that fits, and never a negative one', () => {
  const seconds = [-5, 0, 59, 60, 3599, 3600, 86_399, 86_400 * 3]

  expect(seconds.map((age) => formatAge(age * 1000))).toEqual([
    '0 s',
    '0 s',
    '59 s',
    '1 min',
    '59 min',
    '1 h',
    '23 h',
    '3 d',
  ])
})

it('gives a duration in two units at most, and leaves out the one that is nothing', () => {
  const seconds = [-1, 0.04, 9.94, 12.4, 60, 185, 3600, 7805, 97_200]

  expect(seconds.map((duration) => formatDuration(duration * 1000))).toEqual([
    '0.0 s',
    '0.0 s',
    '9.9 s',
    '12 s',
    '1 min',
    '3 min 5 s',
    '1 h',
    '2 h 10 min',
    '1 d 3 h',
  ])
})

it('reads times as UTC, whatever the clock of the reader', () => {
  expect(formatDateTime('2001-04-05T23:59:00Z')).toBe('5 Apr 2001, 23:59')
})
