/** `100000` → `100,000` */
export const count = (value: number): string => value.toLocaleString('en-US')

/** Four decimals, with a true minus sign. */
export const decimals = (value: number): string => value.toFixed(4).replace('-', '−')

/** Four decimals that always carry a sign. */
export const signed = (value: number): string => `${value > 0 ? '+' : ''}${decimals(value)}`

/** The span [from, until) of event time in UTC: `2001-03` for a month, else its first and last day. */
export function period({ holdoutFrom, holdoutUntil }: { holdoutFrom: string; holdoutUntil: string }): string {
  const from = new Date(holdoutFrom)
  const until = new Date(holdoutUntil)
  if (startsMonth(from) && Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1) === until.getTime()) {
    return from.toISOString().slice(0, 7)
  }
  // The end is not part of the span: midnight belongs to the day that begins with it.
  const last = new Date(Math.max(from.getTime(), until.getTime() - 1))
  return day(from) === day(last) ? day(from) : `${day(from)} to ${day(last)}`
}

const day = (date: Date) => date.toISOString().slice(0, 10)
const startsMonth = (date: Date) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth()) === date.getTime()
