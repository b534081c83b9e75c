import type { DatasetVersion, TrainingWindow } from '@evenkeel/contract'

/** A span of event time in epoch milliseconds, [from, until). */
export interface Span {
  readonly from: number
  readonly until: number
}

export interface ResolvedWindow {
  readonly train: Span
  readonly holdout: Span
}

type Extent = Pick<DatasetVersion, 'eventTimeMin' | 'eventTimeMax'>

const dayMs = 86_400_000

/**
 * The calendar months (UTC) a dataset has data for and has passed the end of: its newest event lies within the last day
 * of the month, or later.
 *
 * @returns starts of months, epoch milliseconds, ascending
 */
export function completeMonths(versions: readonly Extent[]): number[] {
  const spans = versions.flatMap(({ eventTimeMin, eventTimeMax }) =>
    eventTimeMin && eventTimeMax ? [{ from: Date.parse(eventTimeMin), until: Date.parse(eventTimeMax) }] : [],
  )
  const watermark = Math.max(...spans.map(({ until }) => until))
  const months = new Set<number>()
  for (const { from, until } of spans) {
    for (let month = monthOf(from); month <= until; month = addMonths(month, 1)) {
      if (watermark >= addMonths(month, 1) - dayMs) months.add(month)
    }
  }
  return [...months].sort((a, b) => a - b)
}

/** Start of the month (UTC) a moment lies in. */
function monthOf(moment: number): number {
  const date = new Date(moment)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
}

function addMonths(month: number, count: number): number {
  const date = new Date(month)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count)
}

/**
 * The spans a retraining uses; a month without data in between is simply not there.
 *
 * @param months - starts of complete months, ascending
 * @returns the spans, or in words why there are none
 */
export function resolveWindow(window: TrainingWindow, months: readonly number[]): ResolvedWindow | string {
  const newest = months.at(-1)
  if (newest === undefined) return 'No calendar month of the data is complete yet.'
  const until = addMonths(newest, 1)
  switch (window.kind) {
    case 'months': {
      const holdout = { from: addMonths(until, -window.holdoutMonths), until }
      return withTraining(months, addMonths(holdout.from, -window.trainMonths), holdout)
    }
    case 'recent':
      return withTraining(months, addMonths(until, -window.trainMonths), {
        from: until - window.holdoutDays * dayMs,
        until,
      })
  }
}

/** Training starts with the first month that has data. */
function withTraining(months: readonly number[], earliest: number, holdout: Span): ResolvedWindow | string {
  const first = months.find((month) => month >= earliest)
  if (first === undefined || first >= holdout.from) {
    return `There is no complete month to train on besides the hold-out ${words(holdout)}.`
  }
  return { train: { from: first, until: holdout.from }, holdout }
}

/** `2001-02-01 to 2001-03-01`: the end does not belong to it. */
export const words = ({ from, until }: Span): string => `${day(from)} to ${day(until)}`

const day = (moment: number): string => new Date(moment).toISOString().slice(0, 10)
