/** A share in [0, 1] as a percentage with one decimal: `12.3 %`. */
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** A count with thousands separators: `5,012`. */
export const count = (value: number): string => value.toLocaleString('en-US')

/** A measured number with three significant digits and no exponent below a million: `0.0712`, `977`, `1,230`. */
export function figure(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** A performance figure with three decimals: `0.681`. */
export const fixed = (value: number): string => value.toFixed(3)

/** The day of an event time: `2001-02-05`. */
export const day = (eventTime: string | number): string => new Date(eventTime).toISOString().slice(0, 10)
