import { expect, it } from 'vitest'
import { csvOf } from './csv.ts'

it('quotes what would not come back as it was', () => {
  expect(
    csvOf([
      ['a,b', 'say "hi"', 'two\nlines', ' edge', 'plain'],
      [1, null, undefined, 'NaN', 0.1],
    ]),
  ).toBe('"a,b","say ""hi""","two\nlines"," edge",plain\r\n1,,,NaN,0.1\r\n')
})

it('lets no spreadsheet compute what somebody logged, and leaves numbers alone', () => {
  expect(csvOf([['=HYPERLINK("x")', '-2+3', '@SUM(A1)', '-0.5', '-Infinity', '+1e3']])).toBe(
    `"'=HYPERLINK(""x"")",'-2+3,'@SUM(A1),-0.5,-Infinity,+1e3\r\n`,
  )
})
