const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** `1,234` */
export const count = (value: number): string => integer.format(value)

/** `0.42 %` of a share in [0, 1] */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

/** `+0.0123` */
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`

/** A number that is only known roughly: two digits and zeros. */
export const about = (value: number): string => `about ${count(Number(value.toPrecision(2)))}`

/** `a`, `a and b`, `a, b and 3 more` */
export function names(items: readonly string[]): string {
  if (items.length > 3) return `${items.slice(0, 2).join(', ')} and ${items.length - 2} more`
  return items.length > 1 ? `${items.slice(0, -1).join(', ')} and ${items.at(-1)}` : items.join()
}
