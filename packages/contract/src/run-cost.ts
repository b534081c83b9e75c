import { z } from 'zod'

/** ISO 4217. */
export const Currency = z.string().regex(/^[A-Z]{3}$/, { error: 'write a currency as in EUR' })

/** What one attempt used. Null is "not measured", and not nothing. */
export const AttemptUsage = z.object({
  /** Of the command and all it waited for. */
  cpuSeconds: z.number().nonnegative().nullable(),
  /** The most that its processes held at the same time, as far as somebody looked. */
  peakMemoryBytes: z.int().nonnegative().nullable(),
  /** Of the target, when the attempt ended; null where it has none. */
  price: z.object({ perHour: z.number().nonnegative(), currency: Currency }).nullable(),
})
export type AttemptUsage = z.infer<typeof AttemptUsage>

/** Attempts together. What was not measured is missing in a sum, and counted beside it. */
export const RunCost = z.object({
  /** Those that have ended. */
  attempts: z.int(),
  /** Wall-clock time in which they held their places. */
  slotSeconds: z.number(),
  /** Null: none was measured. */
  cpuSeconds: z.number().nullable(),
  cpuMeasured: z.int(),
  /** Of the attempt that held most; null: none was measured. */
  peakMemoryBytes: z.int().nullable(),
  /** Wall-clock time at the price of each target; one sum for each currency. */
  money: z.array(z.object({ amount: z.number(), currency: Currency })),
  /** How many ran on a target with a price. */
  priced: z.int(),
})
export type RunCost = z.infer<typeof RunCost>

export const PipelineCosts = z.object({
  /** Those on which attempts began, as `2026-11-22` in UTC, newest first. */
  days: z.array(RunCost.extend({ day: z.iso.date() })),
  total: RunCost,
})
export type PipelineCosts = z.infer<typeof PipelineCosts>

interface Ended {
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly usage?: AttemptUsage | undefined
}

/** Adds up what attempts that have ended used. */
export function costOf(attempts: readonly Ended[]): RunCost {
  const ended = attempts.flatMap(({ startedAt, endedAt, usage }) =>
    startedAt === null || endedAt === null
      ? []
      : [{ seconds: Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) / 1000, usage }],
  )
  const cpu = ended.flatMap(({ usage }) => usage?.cpuSeconds ?? [])
  const memory = ended.flatMap(({ usage }) => usage?.peakMemoryBytes ?? [])
  const money = new Map<string, number>()
  const priced = ended.filter(({ usage }) => usage?.price)
  for (const { seconds, usage } of priced) {
    const { perHour, currency } = usage!.price!
    money.set(currency, (money.get(currency) ?? 0) + (seconds / 3600) * perHour)
  }
  return {
    attempts: ended.length,
    slotSeconds: ended.reduce((sum, { seconds }) => sum + seconds, 0),
    cpuSeconds: cpu.length > 0 ? cpu.reduce((sum, seconds) => sum + seconds, 0) : null,
    cpuMeasured: cpu.length,
    peakMemoryBytes: memory.length > 0 ? Math.max(...memory) : null,
    money: [...money].map(([currency, amount]) => ({ amount, currency })),
    priced: priced.length,
  }
}

/** `0.42 EUR`, with more digits where it is less. */
export const moneyText = ({ amount, currency }: RunCost['money'][number]): string =>
  `${amount >= 0.1 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(2)} ${currency}`

const ofAll = (count: number, all: number): string => (count < all ? ` (of ${count} of ${all} attempts)` : '')

function timeText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`
  if (seconds < 120) return `${seconds.toFixed(1)} s`
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`
}

const mebibytes = (bytes: number): string => `${Math.max(1, Math.round(bytes / 1024 ** 2))} MiB`

/** A cost as names and words; what nobody has measured says so. */
export function costInWords(cost: RunCost): [name: string, words: string][] {
  const { attempts, slotSeconds, cpuSeconds, cpuMeasured, peakMemoryBytes, money, priced } = cost
  const sums = money.map(moneyText).join(' and ')
  return [
    ['slot time', timeText(slotSeconds)],
    ['CPU time', cpuSeconds === null ? 'not measured' : `${timeText(cpuSeconds)}${ofAll(cpuMeasured, attempts)}`],
    ['peak memory', peakMemoryBytes === null ? 'not measured' : mebibytes(peakMemoryBytes)],
    ['money', priced === 0 ? 'no target it ran on has a price' : `${sums}${ofAll(priced, attempts)}`],
  ]
}
