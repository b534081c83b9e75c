import { expect, it } from 'vitest'
import { findEpisodes, type Signal } from './episodes.ts'

/** One weekly window per letter: b bad, g good, ? cannot tell; upper case from version 2. */
const weeks = (letters: string): Signal[] =>
  letters.split('').map((letter, i) => ({
    start: new Date(Date.UTC(2001, 0, 1 + 7 * i)).toISOString(),
    end: new Date(Date.UTC(2001, 0, 8 + 7 * i)).toISOString(),
    version: letter === letter.toLowerCase() ? 1 : 2,
    bad: { b: true, g: false }[letter.toLowerCase()] ?? null,
  }))

const shape = (letters: string, needed = 2) =>
  findEpisodes(weeks(letters), needed).map(({ windows, openedBy, ended }) => ({
    from: windows[0]!.start.slice(5, 10),
    openedBy: openedBy.start.slice(5, 10),
    count: windows.length,
    open: ended === null,
  }))

it('opens at the second bad window in a row, not at the first', () => {
  expect(shape('gbgbg')).toEqual([])
  expect(shape('gbb')).toEqual([{ from: '01-08', openedBy: '01-15', count: 2, open: true }])
})

it('stays one episode while windows are bad, and ends with a good one', () => {
  expect(shape('bbbb')).toEqual([{ from: '01-01', openedBy: '01-08', count: 4, open: true }])
  expect(shape('bbbg')).toEqual([{ from: '01-01', openedBy: '01-08', count: 3, open: false }])
})

it('neither extends nor ends a run with a window that cannot tell', () => {
  expect(shape('b??b')).toEqual([{ from: '01-01', openedBy: '01-22', count: 2, open: true }])
  expect(shape('b?')).toEqual([])
})

it('ends when another version serves most, which has to fail anew', () => {
  const [first, second] = findEpisodes(weeks('bbBB'), 2)

  expect(first!.ended).toEqual({
    eventTime: '2001-01-15T00:00:00.000Z',
    says: 'Version 2 serves since 2001-01-15, in place of version 1.',
  })
  expect(second).toMatchObject({ ended: null, windows: [{ version: 2 }, { version: 2 }] })
  expect(shape('bB')).toEqual([])
})
