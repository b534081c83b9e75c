import { type BackfillUnit, plural } from '@evenkeel/contract'

export interface Every {
  readonly unit: BackfillUnit
  readonly every: number
}

const units = { h: 'hour', d: 'day', w: 'week', mo: 'month' } as const satisfies Record<string, BackfillUnit>

/** Reads `6h`, `1d`, `2w`, `1mo`, or a unit alone, such as `day`. */
export function readEvery(text: string): Every | undefined {
  const [, count = '1', word = ''] = /^(\d{1,5})?(h|d|w|mo|hour|day|week|month)$/.exec(text) ?? []
  const every = Number(count)
  const unit = Object.entries(units).find(([short, long]) => word === short || word === long)?.[1]
  return unit && every >= 1 && every <= 10_000 ? { unit, every } : undefined
}

/** `1 day`, `6 hours`. */
export const everyText = ({ unit, every }: Every): string => plural(every, unit)
