import { expect, it } from 'vitest'
import { parseSgr, PLAIN } from './sgr.ts'

/** A sequence that selects graphics. */
const sgr = (params: string) => `\u001b[${params}m`
const told = (line: string) => parseSgr(line).spans.map(({ text, style }) => [text, style])

it.each([
  { name: 'a colour of the first eight', params: '31', style: { colour: 1 } },
  { name: 'a bright colour', params: '92', style: { colour: 10 } },
  { name: 'a background', params: '44', style: { background: 4 } },
  { name: 'a bright background', params: '107', style: { background: 15 } },
  { name: 'bold in a colour', params: '1;33', style: { bold: true, colour: 3 } },
  { name: 'an indexed colour of the sixteen', params: '38;5;9', style: { colour: 9 } },
  { name: 'an indexed colour of the cube', params: '38;5;208', style: { colour: 'rgb(255 135 0)' } },
  { name: 'the last colour of the cube', params: '38;5;231', style: { colour: 'rgb(255 255 255)' } },
  { name: 'an indexed grey', params: '48;5;232', style: { background: 'rgb(8 8 8)' } },
  { name: 'a true colour', params: '38;2;1;2;255', style: { colour: 'rgb(1 2 255)' } },
  { name: 'a true colour with colons', params: '38:2:1:2:3', style: { colour: 'rgb(1 2 3)' } },
  { name: 'what follows a true colour', params: '48;2;1;2;3;4', style: { background: 'rgb(1 2 3)', underline: true } },
  { name: 'dim and italic', params: '2;3', style: { dim: true, italic: true } },
  { name: 'a colour out of range', params: '38;5;256', style: {} },
  { name: 'a true colour that is cut short', params: '38;2;1;2', style: {} },
  { name: 'an unknown code', params: '31;123', style: { colour: 1 } },
])('reads $name', ({ params, style }) => {
  expect(told(`${sgr(params)}x`)).toEqual([['x', style]])
})

it('parts a line where its style changes, and resets with 0 or nothing', () => {
  expect(told(`a${sgr('1')}b${sgr('31')}c${sgr('0')}d${sgr('32')}e${sgr('')}f`)).toEqual([
    ['a', {}],
    ['b', { bold: true }],
    ['c', { bold: true, colour: 1 }],
    ['d', {}],
    ['e', { colour: 2 }],
    ['f', {}],
  ])
})

it('takes back one thing at a time', () => {
  expect(told(`${sgr('1;2;31;42')}a${sgr('22')}b${sgr('39')}c${sgr('49')}d`)).toEqual([
    ['a', { bold: true, dim: true, colour: 1, background: 2 }],
    ['b', { colour: 1, background: 2 }],
    ['c', { background: 2 }],
    ['d', {}],
  ])
})

it('carries the style over to the next line', () => {
  const { after } = parseSgr(`${sgr('35')}begins`)

  expect(parseSgr('goes on', after)).toEqual({
    spans: [{ text: 'goes on', style: { colour: 5 } }],
    after: { colour: 5 },
  })
  expect(parseSgr(`ends${sgr('0')}`, after).after).toEqual(PLAIN)
})

it.each([
  ['moves of the cursor', 'a\u001b[2K\u001b[1;5Hb'],
  ['private modes', 'a\u001b[?25lb\u001b[?1m'],
  ['titles and links', 'a\u001b]0;title\u0007b\u001b]8;;https://elsewhere.example\u001b\\'],
  ['character sets and lone escapes', 'a\u001b(Bb\u001bM'],
  ['other controls', 'a\u0000\u0007\u007fb\u001b'],
])('drops %s and keeps the text in one piece', (_, line) => {
  expect(told(line)).toEqual([['ab', {}]])
})

it('leaves plain text, tabs and markup as they are', () => {
  expect(told('a\t<b> [31m')).toEqual([['a\t<b> [31m', {}]])
  expect(told('')).toEqual([])
})
