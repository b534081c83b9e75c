import type { Run } from '@evenkeel/contract'

/** A small value of a step in two runs; null where a run has none. */
export interface ValueChange {
  readonly step: string
  readonly name: string
  readonly before: string | null
  readonly now: string
  /** Null when one of the two is no number. */
  readonly difference: number | null
}

/** The values of a run beside those of an earlier one, in the order of the steps. */
export function compareValues(before: Run | undefined, now: Run): ValueChange[] {
  const old = new Map(before?.steps.map(({ key, values }) => [key, values]))
  return now.steps.flatMap(({ key: step, values }) =>
    Object.entries(values).map(([name, value]): ValueChange => {
      const was = old.get(step)?.[name] ?? null
      return { step, name, before: was, now: value, difference: differenceOf(was, value) }
    }),
  )
}

function differenceOf(before: string | null, now: string): number | null {
  if (before === null || before.trim() === '' || now.trim() === '') return null
  const difference = Number(now) - Number(before)
  return Number.isFinite(difference) ? difference : null
}
