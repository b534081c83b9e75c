const count = new Intl.NumberFormat('en')

export const formatCount = (value: number): string => count.format(value)

/** `share` in [0, 1]. */
export const formatPercent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`

/** At most four significant digits, no exponent below a million: `0.7412`, `1,204`. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value)) return count.format(value)
  if (Math.abs(value) >= 1000) return count.format(Math.round(value))
  return String(Number(value.toPrecision(4)))
}

/** With its sign, a true minus, and a fixed number of decimals: `+0.0214`, `−0.0030`. */
export function formatSigned(value: number, digits = 4): string {
  const text = Math.abs(value).toFixed(digits)
  if (Number(text) === 0) return text
  return `${value < 0 ? '−' : '+'}${text}`
}

/** A duration in the unit that reads best: `0.71 ms`, `34 ms`, `1.2 s`. */
export function formatMs(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`
  return `${ms >= 10 ? ms.toFixed(0) : ms.toFixed(2)} ms`
}

/** How long something took, in at most two units: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `1 d 3 h`. */
export function formatDuration(ms: number): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ]
  const first = parts.findIndex(([value]) => value > 0)
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ')
}

/** A size in the unit that reads best: `812 B`, `1.3 MiB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MiB`
  return `${(bytes / 1024 ** 3).toFixed(1)} GiB`
}

/** Event time as a person writes it: `5 Apr 2001`. */
export const formatDate = (iso: string): string =>
  new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })

/** A day inside a known year: `5 Apr`. */
export const formatDay = (iso: string): string =>
  new Date(iso).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** A moment to the minute, in UTC: `5 Apr 2001, 14:03`. */
export const formatDateTime = (iso: string): string =>
  `${formatDate(iso)}, ${new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })}`

const STEPS = [
  [60, 's'],
  [60, 'min'],
  [24, 'h'],
  [Number.POSITIVE_INFINITY, 'd'],
] as const

/** How long ago, in the largest unit that fits: `3 s`, `12 min`, `5 h`, `2 d`. */
export function formatAge(ms: number): string {
  let value = Math.max(0, ms / 1000)
  for (const [size, unit] of STEPS) {
    if (value < size) return `${Math.floor(value)} ${unit}`
    value /= size
  }
  return ''
}
