import type { CatchUp, TriggerSpec } from '@evenkeel/contract'
import { CronExpressionParser } from 'cron-parser'
import type { Occasion } from './occasion.ts'

export type CronSource = Extract<TriggerSpec['on'], { kind: 'cron' }>
type Schedule = Pick<CronSource, 'cron' | 'timezone'>

const minuteMs = 60_000
/** An occurrence that is seen so late counts as missed. */
const lateMs = minuteMs
/**
 * Around a change of the clocks, what cron-parser answers depends on where it starts; it is right when it starts before
 * the change. No zone of today moves its clocks by more than an hour.
 */
const runUpMs = 180 * minuteMs
const hashed = /(^|[\s,])H/i

/** Why a schedule never fires, or `undefined` when it does. A time the clocks skip fires after it; one they repeat, once. */
export function whyNotCron({ cron, timezone }: Schedule): string | undefined {
  const fields = cron.trim().split(/\s+/)
  if (!cron.startsWith('@') && fields.length !== 5) {
    return `The schedule "${cron}" has ${fields.length} fields and needs five: minute, hour, day of month, month, day of week.`
  }
  if (hashed.test(cron) || cron === '@secondly') return `The schedule "${cron}" must name its minutes.`
  if (!isZone(timezone)) return `The time zone "${timezone}" is unknown; use an IANA name such as Europe/Berlin.`
  try {
    nextOccurrences({ cron, timezone }, new Date(0), 1)
    return undefined
  } catch (error) {
    return `The schedule "${cron}" cannot be read: ${(error as Error).message}.`
  }
}

function isZone(name: string): boolean {
  try {
    void new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function* occurrencesAfter({ cron, timezone }: Schedule, after: number): Generator<Date, never> {
  const expression = CronExpressionParser.parse(cron, { tz: timezone, currentDate: new Date(after - runUpMs) })
  for (;;) {
    const moment = expression.next().toDate()
    if (moment.getTime() > after) yield moment
  }
}

export const nextOccurrences = (schedule: Schedule, after: Date, count: number): Date[] =>
  occurrencesAfter(schedule, after.getTime()).take(count).toArray()

/** Occurrences in (after, until], oldest first; of more than `limit` the oldest. */
export function occurrencesBetween(schedule: Schedule, after: Date, until: Date, limit: number): Date[] {
  const found: Date[] = []
  for (const moment of occurrencesAfter(schedule, after.getTime())) {
    if (moment > until || found.length === limit) break
    found.push(moment)
  }
  return found
}

interface Newest {
  /** Oldest first. */
  readonly moments: readonly Date[]
  /** There are earlier ones. */
  readonly more: boolean
}

/** The newest `count` occurrences in (after, until]. Looks back in growing steps: an occurrence takes 0.1 ms to find. */
export function newestOccurrences(schedule: Schedule, after: Date, until: Date, count: number): Newest {
  for (let spanMs = 15 * minuteMs; ; spanMs *= 8) {
    const from = new Date(Math.max(until.getTime() - spanMs, after.getTime()))
    const moments = occurrencesBetween(schedule, from, until, Infinity)
    if (moments.length > count || from <= after) return { moments: moments.slice(-count), more: moments.length > count }
  }
}

/** What a cron trigger does about the time from `lookedUntil` to now, oldest first. */
export function cronOccasions(on: CronSource, lookedUntil: Date, now: Date): Occasion[] {
  const { moments, more } = newestOccurrences(on, lookedUntil, now, atMost(on.catchUp))
  return moments.map((moment, at) => cronOccasion(on, moment, now, more && at === 0 ? lookedUntil : undefined))
}

const atMost = (catchUp: CatchUp): number => (typeof catchUp === 'object' ? catchUp.all : 1)

export function cronOccasion(on: CronSource, moment: Date, now: Date, leftOutSince?: Date): Occasion {
  const nominalTime = moment.toISOString()
  const latenessMs = now.getTime() - moment.getTime()
  const missed = latenessMs > lateMs
  const due = `The schedule "${on.cron}" (${on.timezone}) was due at ${nominalTime}`
  const late = missed ? `${due}, ${duration(latenessMs)} ago.` : `${due}.`
  return {
    kind: 'cron',
    dedupeKey: nominalTime,
    says: leftOutSince ? `${late} Earlier ones since ${leftOutSince.toISOString()} are left out.` : late,
    eventTime: null,
    evidence: { nominalTime, latenessSeconds: Math.round(latenessMs / 1000), caughtUp: missed },
    params: on.timeParam === undefined ? {} : { [on.timeParam]: nominalTime },
    ...(missed && on.catchUp === 'none' && { against: 'It was missed, and this trigger does not catch up.' }),
  }
}

function duration(ms: number): string {
  const minutes = Math.floor(ms / minuteMs)
  if (minutes < 120) return `${minutes} min`
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`
}
