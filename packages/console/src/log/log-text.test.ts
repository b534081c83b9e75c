import { expect, it } from 'vitest'
import { appended, EMPTY, foundIn, linesOf } from './log-text.ts'

const texts = (...chunks: string[]) =>
  linesOf(chunks.reduce((log, chunk) => appended(log, chunk), EMPTY)).map(({ text }) => text)

it('makes the same lines of a log, wherever it is cut', () => {
  const log = 'first\n\u001b[31msecond\nthird\u001b[0m\n\nlast'

  for (let at = 0; at <= log.length; at++) {
    expect(texts(log.slice(0, at), log.slice(at))).toEqual(['first', 'second', 'third', '', 'last'])
  }
  const cut = appended(appended(EMPTY, log.slice(0, 9)), log.slice(9))
  expect(cut.lines[2]!.spans[0]!.style).toEqual({ colour: 1 })
})

it('shows of a progress bar what stands there now', () => {
  expect(texts('10 %\r20 %\r', '30 %\r\nsaved\r\n')).toEqual(['30 %', 'saved'])
  expect(texts('10 %\r20 %')).toEqual(['20 %'])
})

it('keeps the newest lines and counts the others', () => {
  const log = appended(appended(EMPTY, 'a\nb\nc\n', 4), 'd\ne\nf', 4)

  expect(linesOf(log).map(({ text }) => text)).toEqual(['b', 'c', 'd', 'e', 'f'])
  expect(log.droppedCount).toBe(1)
})

it('finds lines in any case, across colours, and nothing for nothing', () => {
  const log = appended(EMPTY, 'an Err\u001b[31mor here\nfine\nERROR\n')

  expect(foundIn(linesOf(log), 'error')).toEqual([0, 2])
  expect(foundIn(linesOf(log), '  ')).toEqual([])
})
