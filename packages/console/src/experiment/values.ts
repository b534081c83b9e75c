import type { Curve } from '@evenkeel/contract'
import { formatNumber } from '../ui/format.ts'

/** A number as the contract carries it: NaN and infinities are words. */
export type Double = Curve['points'][number][2]

/** For people; a dash for what is not there. */
export const doubleText = (value: Double | null | undefined): string => {
  if (value === null || value === undefined) return '–'
  return typeof value === 'number' ? formatNumber(value) : value.replace('Infinity', '∞')
}

/** For drawing: null for what is no finite number. */
export const finite = (value: Double | null | undefined): number | null => (typeof value === 'number' ? value : null)

/** Text of a param as a number, where all of it is one. */
export function numberOf(text: string | undefined): number | null {
  if (text === undefined || text.trim() === '') return null
  const value = Number(text)
  return Number.isFinite(value) ? value : null
}
