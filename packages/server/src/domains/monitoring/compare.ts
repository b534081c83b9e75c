import type { Baseline, FeatureComparison } from '@evenkeel/contract'
import { binCounts, extentOf, sturgesEdges } from '@evenkeel/numerics'
import { binsOf, type FeatureValue, numberOf } from './bins.ts'

/** So many categories are worth a look. */
const mostCategories = 30

/**
 * The training data of one feature against a window of it, in the same bins. Values outside of the training range get
 * bins of their own, where the training data has none.
 *
 * @param baseline - undefined when the version was registered without one; then only the window is shown
 */
export function compareFeature(
  feature: string,
  baseline: Baseline | undefined,
  values: readonly FeatureValue[],
): FeatureComparison {
  const kind = baseline?.kind ?? (values.some((value) => typeof value === 'string') ? 'categorical' : 'numerical')
  return kind === 'numerical'
    ? { feature, kind, ...compareNumbers(baseline, values), categories: [] }
    : { feature, kind, reference: null, current: null, categories: compareCategories(baseline, values) }
}

function compareNumbers(baseline: Baseline | undefined, values: readonly FeatureValue[]) {
  const numbers = values.map(numberOf).filter((value) => value !== null)
  const bins = baseline && binsOf(baseline)
  if (numbers.length === 0) {
    return { reference: bins ? { edges: [...bins.edges], counts: bins.reference.slice(0, -1) } : null, current: null }
  }
  const extent = extentOf(numbers)
  if (!bins) {
    const edges = [...sturgesEdges(extent)]
    return { reference: null, current: { edges, counts: [...binCounts(numbers, edges)] } }
  }
  const below = bins.edges[0]! > extent.minimum ? [extent.minimum] : []
  const above = bins.edges.at(-1)! < extent.maximum ? [extent.maximum] : []
  const edges = [...below, ...bins.edges, ...above]
  const counts = [...below.map(() => 0), ...bins.reference.slice(0, -1), ...above.map(() => 0)]
  return { reference: { edges, counts }, current: { edges, counts: [...binCounts(numbers, edges)] } }
}

function compareCategories(baseline: Baseline | undefined, values: readonly FeatureValue[]) {
  const present = values.filter((value) => value !== null && value !== undefined).map(String)
  const seen = new Map<string, number>()
  for (const value of present) seen.set(value, (seen.get(value) ?? 0) + 1)
  const { values: known, counts, otherCount } = baseline?.categories ?? { values: [], counts: [], otherCount: 0 }
  const before = new Map(known.map((value, i) => [value, counts[i]!]))
  const total = counts.reduce((sum, one) => sum + one, otherCount)
  return [...new Set([...known, ...seen.keys()])]
    .map((value) => ({
      value,
      referenceShare: total === 0 ? 0 : (before.get(value) ?? 0) / total,
      currentShare: present.length === 0 ? 0 : (seen.get(value) ?? 0) / present.length,
    }))
    .toSorted((a, b) => Math.max(b.referenceShare, b.currentShare) - Math.max(a.referenceShare, a.currentShare))
    .slice(0, mostCategories)
}
