import type { MetricPoint } from '@evenkeel/contract'

/** The course of one metric with one set of labels. */
export interface MetricSeries {
  readonly name: string
  /** `slice=eu`; empty without labels. */
  readonly labels: string
  /** Oldest first; null for what is no finite number. */
  readonly values: readonly (number | null)[]
  readonly last: MetricPoint
}

/** Points of an attempt, in the order in which they were written, as one course for each series. */
export function seriesOf(points: readonly MetricPoint[]): MetricSeries[] {
  const grouped = Map.groupBy(points, ({ name, labels }) => JSON.stringify([name, labelsText(labels)]))
  return [...grouped.values()].map((own) => ({
    name: own[0]!.name,
    labels: labelsText(own[0]!.labels),
    values: own.map(({ value }) => (typeof value === 'number' ? value : null)),
    last: own.at(-1)!,
  }))
}

const labelsText = (labels: MetricPoint['labels']): string =>
  Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .toSorted()
    .join(' ')
