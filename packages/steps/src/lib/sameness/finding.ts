import type { Judged } from '@evenkeel/contract'

/** What two files have in common. */
export type Finding = Pick<Judged, 'sameness' | 'says' | 'maxDifference'>

/** How far two numbers are apart, and where the gap is widest. */
export interface Gap {
  readonly width: number
  readonly at: string
}

export const differs = (says: string, gap?: Gap): Finding => ({
  sameness: 'differs',
  says,
  maxDifference: gap?.width ?? null,
})

/** Within the tolerance. */
export function equal(what: string, gap: Gap): Finding {
  const says =
    gap.width === 0
      ? `${what} are the same, written otherwise.`
      : `${what} are at most ${short(gap.width)} apart${gap.at}.`
  return { sameness: 'equal', says, maxDifference: gap.width }
}

export const short = (value: number): string => String(Number(value.toPrecision(3)))

/** A value as it is shown, cut where it gets long. */
export function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
