import { expect, it } from 'vitest'
import { tableOfText } from './csv.ts'

it('reads quoted fields with separators, quotes and line ends, and any line end', () => {
  expect(tableOfText('\uFEFFa,b\r\n"1,5","say ""hi""\nthere"\r\n\r\n3,', ',')).toEqual({
    head: ['a', 'b'],
    rows: [
      ['1,5', 'say "hi"\nthere'],
      ['3', ''],
    ],
    cut: false,
  })
  expect(tableOfText('a\tb,c\n', '\t')).toEqual({ head: ['a', 'b,c'], rows: [], cut: false })
  expect(tableOfText('', ',')).toEqual({ head: [], rows: [], cut: false })
})

it('reads the beginning of what is long or wide, and says so', () => {
  const long = tableOfText(`x\n${'1\n'.repeat(5000)}`, ',')
  const wide = tableOfText('y,'.repeat(500), ',')

  expect([long.rows.length, long.cut]).toEqual([1000, true])
  expect([wide.head.length, wide.cut]).toEqual([200, true])
})
