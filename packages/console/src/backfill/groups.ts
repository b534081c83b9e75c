import type { BackfillPartition, BackfillUnit } from '@evenkeel/contract'

export interface PartitionGroup {
  /** `2025-03`, `2025-03-01` or `2025`. */
  readonly name: string
  readonly partitions: readonly (BackfillPartition & { readonly short: string })[]
}

/** How much of a name is said once for a whole row: days by month, hours by day, weeks and months by year. */
const shared: Readonly<Record<BackfillUnit, number>> = { hour: 10, day: 7, week: 4, month: 4 }

/** Rows of a calendar, in the order of the partitions. */
export function groupsOf(unit: BackfillUnit, partitions: readonly BackfillPartition[]): PartitionGroup[] {
  const length = shared[unit]
  const groups = Map.groupBy(partitions, ({ partition }) => partition.slice(0, length))
  return [...groups].map(([name, found]) => ({
    name,
    partitions: found.map((one) => ({ ...one, short: shortOf(unit, one.partition) })),
  }))
}

function shortOf(unit: BackfillUnit, partition: string): string {
  if (unit === 'hour') return partition.slice(11, 13)
  return unit === 'day' ? partition.slice(8, 10) : partition.slice(5, 10)
}
