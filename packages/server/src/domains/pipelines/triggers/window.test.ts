import { expect, it } from 'vitest'
import { completeMonths, resolveWindow } from './window.ts'

const version = (eventTimeMin: string, eventTimeMax: string) => ({ eventTimeMin, eventTimeMax })
const january = version('2001-01-01T00:01:00.000Z', '2001-01-31T23:58:00.000Z')
const february = version('2001-02-01T00:00:00.000Z', '2001-02-28T12:00:00.000Z')
const april = version('2001-04-01T00:00:00.000Z', '2001-04-30T23:00:00.000Z')
const month = (text: string) => Date.parse(`${text}-01T00:00:00Z`)
const at = (text: string) => Date.parse(`${text}T00:00:00Z`)

it('counts a month as complete when an event lies within its last day, or later', () => {
  expect(completeMonths([january])).toEqual([month('2001-01')])
  expect(completeMonths([january, february])).toEqual([month('2001-01'), month('2001-02')])
  expect(completeMonths([january, version('2001-02-01T00:00:00Z', '2001-02-27T23:59:59Z')])).toEqual([month('2001-01')])
  expect(completeMonths([version('2001-02-01T00:00:00Z', '2001-02-28T00:00:00Z')])).toEqual([month('2001-02')])
})

it('leaves out a month without data, and knows leap years and turns of the year', () => {
  expect(completeMonths([january, april])).toEqual([month('2001-01'), month('2001-04')])
  expect(completeMonths([version('2000-02-01T00:00:00Z', '2000-02-29T00:00:00Z')])).toEqual([month('2000-02')])
  expect(completeMonths([version('2000-02-01T00:00:00Z', '2000-02-28T23:00:00Z')])).toEqual([])
  expect(completeMonths([version('2000-12-15T00:00:00Z', '2001-01-31T00:00:00Z')])).toEqual([
    month('2000-12'),
    month('2001-01'),
  ])
  expect(completeMonths([{ eventTimeMin: null, eventTimeMax: null }])).toEqual([])
})

it('holds out the newest months and trains on those before', () => {
  const months = ['2000-11', '2000-12', '2001-01', '2001-02'].map(month)

  expect(resolveWindow({ kind: 'months', trainMonths: 2, holdoutMonths: 1 }, months)).toEqual({
    train: { from: at('2000-12-01'), until: at('2001-02-01') },
    holdout: { from: at('2001-02-01'), until: at('2001-03-01') },
  })
})

it('trains on what there is when there are fewer months', () => {
  const window = { kind: 'months', trainMonths: 6, holdoutMonths: 1 } as const

  expect(resolveWindow(window, [month('2001-01'), month('2001-02')])).toMatchObject({
    train: { from: at('2001-01-01'), until: at('2001-02-01') },
  })
})

it('holds out the last days of the newest month', () => {
  const months = ['2001-03', '2001-04'].map(month)

  expect(resolveWindow({ kind: 'recent', trainMonths: 1, holdoutDays: 7 }, months)).toEqual({
    train: { from: at('2001-04-01'), until: at('2001-04-24') },
    holdout: { from: at('2001-04-24'), until: at('2001-05-01') },
  })
  expect(resolveWindow({ kind: 'recent', trainMonths: 2, holdoutDays: 7 }, months)).toMatchObject({
    train: { from: at('2001-03-01'), until: at('2001-04-24') },
  })
})

it('says so when there is nothing to train on besides the hold-out', () => {
  expect(resolveWindow({ kind: 'months', trainMonths: 1, holdoutMonths: 1 }, [])).toMatch('No calendar month')
  expect(resolveWindow({ kind: 'months', trainMonths: 3, holdoutMonths: 1 }, [month('2001-01')])).toBe(
    'There is no complete month to train on besides the hold-out 2001-01-01 to 2001-02-01.',
  )
  // March was refused, and a window of one month reaches no further back than March.
  const window = { kind: 'months', trainMonths: 1, holdoutMonths: 1 } as const
  expect(resolveWindow(window, [month('2001-02'), month('2001-04')])).toMatch('no complete month')
  expect(resolveWindow({ kind: 'recent', trainMonths: 1, holdoutDays: 40 }, [month('2001-04')])).toMatch('no complete')
})
