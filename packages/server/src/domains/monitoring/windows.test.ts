import { expect, it } from 'vitest'
import { closesWindow, dueWindow, isClosed, windowMs, windowStarts } from './windows.ts'

const day = 86_400_000
const origin = '2001-01-01T00:00:00.000Z'
const at = (days: number) => Date.parse(origin) + days * day
const weekly = { origin, windowDays: 7, labelDelaySeconds: 86_400 }

it('puts an event into the window that starts at or before it, and none before the origin', () => {
  expect(windowStarts(weekly, [at(0), at(7) - 1, at(7), at(20), at(-0.5)])).toEqual([at(0), at(7), at(14)])
  expect(windowMs({ ...weekly, windowDays: 0.5 })).toBe(day / 2)
})

it('closes a window when the watermark has passed its end and the label delay', () => {
  expect(isClosed(weekly, at(0), at(8) - 1)).toBe(false)
  expect(isClosed(weekly, at(0), at(8))).toBe(true)
  expect(isClosed(weekly, at(0), null)).toBe(false)
})

it('tells which moves of the watermark close a window', () => {
  expect(closesWindow(weekly, null, at(7.9))).toBe(false)
  expect(closesWindow(weekly, at(7.9), at(8))).toBe(true)
  expect(closesWindow(weekly, at(8), at(14.9))).toBe(false)
  expect(closesWindow(weekly, at(8), null)).toBe(false)
})

it('finds windows that were open when they were computed, and empty ones between two others', () => {
  const closed = (days: number) => ({ startMs: at(days), closed: true })

  expect(dueWindow(weekly, [{ startMs: at(0), closed: false }], at(9))).toBe(at(0))
  expect(dueWindow(weekly, [closed(0), closed(21)], at(40))).toBe(at(7))
  expect(dueWindow(weekly, [closed(0), closed(7), closed(14), closed(21)], at(40))).toBeUndefined()
  expect(dueWindow(weekly, [closed(0), closed(21)], at(14.5))).toBeUndefined()
})

it('leaves a very long silence out', () => {
  const known = [
    { startMs: at(0), closed: true },
    { startMs: at(7 * 200), closed: true },
  ]
  expect(dueWindow(weekly, known, at(7 * 300))).toBeUndefined()
})
