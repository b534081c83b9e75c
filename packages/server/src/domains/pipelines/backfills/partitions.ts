import { type BackfillRequest, type BackfillUnit, mostPartitions } from '@evenkeel/contract'
import { type Zone, zoneOf } from './zoned.ts'

/** A part of the range, [start, end) in epoch milliseconds. */
export interface Part {
  /** How people call it, in the time zone of the range. */
  readonly label: string
  /** What its end is called. */
  readonly endLabel: string
  readonly start: number
  readonly end: number
}

type Range = Pick<BackfillRequest, 'from' | 'to' | 'unit' | 'every' | 'timezone'>

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * Cuts a range into partitions, the oldest first. Each begins a whole number of units after the first one, by the
 * calendar of the zone: a day may have 23 or 25 hours, and a month that has no 31st begins on its last day.
 *
 * @returns the partitions, never none; or in words why there are none
 */
export function partitionsOf(range: Range): readonly Part[] | string {
  const { unit, timezone } = range
  if (unit === 'hour' && timezone !== 'UTC')
    return 'Hours are the same everywhere; a time zone is for days, weeks and months.'
  const zone = zoneOf(timezone)
  if (!zone) return `The time zone "${timezone}" is unknown; use an IANA name such as Europe/Berlin.`
  const [start, end] = [startOf(range.from, zone), endOf(range.to, zone)]
  if (end < start) return `The range ends before it begins: ${range.from} to ${range.to}.`
  if (end === start) return `The range is empty: ${range.from} to ${range.to}.`
  return cut(range, zone, start, end)
}

const isDate = (edge: string): boolean => edge.length === 10
const startOf = (edge: string, zone: Zone): number =>
  isDate(edge) ? zone.toMoment(Date.parse(edge)) : Date.parse(edge)
/** A date belongs to the range as a whole. */
const endOf = (edge: string, zone: Zone): number =>
  isDate(edge) ? zone.toMoment(Date.parse(edge) + dayMs) : Date.parse(edge)

function cut({ unit, every }: Range, zone: Zone, start: number, end: number): readonly Part[] | string {
  const first = zone.toWall(start)
  const cuts = [start]
  for (let count = 1; cuts.at(-1)! < end; count++) {
    if (count > mostPartitions)
      return `The range has more than ${mostPartitions} partitions; use a shorter one, or larger partitions.`
    const next = unit === 'hour' ? start + count * every * hourMs : zone.toMoment(wallAfter(first, unit, count * every))
    // A zone that moves over the date line leaves a whole day out.
    if (next > cuts.at(-1)!) cuts.push(Math.min(next, end))
  }
  const label = labelsOf(cuts, unit, zone)
  return cuts.slice(1).map((until, at) => ({
    label: label(cuts[at]!),
    endLabel: label(until),
    start: cuts[at]!,
    end: until,
  }))
}

function wallAfter(wall: number, unit: Exclude<BackfillUnit, 'hour'>, count: number): number {
  if (unit === 'day') return wall + count * dayMs
  if (unit === 'week') return wall + count * 7 * dayMs
  const date = new Date(wall)
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + count]
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  return Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) + (wall % dayMs)
}

/** Dates where each partition has a date of its own, moments elsewhere. */
function labelsOf(cuts: readonly number[], unit: BackfillUnit, zone: Zone): (moment: number) => string {
  const wholeDays = unit !== 'hour' && cuts.every((moment) => zone.toMoment(midnightOf(zone.toWall(moment))) === moment)
  if (wholeDays) return (moment) => new Date(zone.toWall(moment)).toISOString().slice(0, 10)
  if (unit === 'hour') return (moment) => new Date(moment).toISOString().replace(/(:00)?\.000Z$/, 'Z')
  return (moment) => new Date(zone.toWall(moment)).toISOString().replace(/(:00)?\.000Z$/, '')
}

const midnightOf = (wall: number): number => Math.floor(wall / dayMs) * dayMs
