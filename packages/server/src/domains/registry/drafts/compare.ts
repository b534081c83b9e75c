import type { SampleRow, TrialComparison } from '@evenkeel/contract'
import type { TrialOutput, Value } from './child-job.ts'

type Expected = SampleRow[string]
type Tolerance = TrialComparison['tolerance']

const mostShown = 20
const mostValuesShown = 16

/**
 * An output against what was expected of it. A missing number (NaN) agrees with nothing, because nobody expects one.
 *
 * @param expected - one per row; null where nothing is expected
 */
export function compare(
  { name, values }: TrialOutput,
  expected: readonly Expected[],
  tolerance: Tolerance,
): TrialComparison {
  let rowCount = 0
  let largestDifference: number | null = null
  const differing: TrialComparison['differing'] = []
  let differingCount = 0
  for (const [row, wanted] of expected.entries()) {
    if (wanted === null) continue
    rowCount++
    const got = values[row]!
    const wants = Array.isArray(wanted) ? wanted : [wanted]
    largestDifference = larger(largestDifference, furthest(wants, got))
    if (wants.length === got.length && wants.every((value, at) => agrees(value, got[at]!, tolerance))) continue
    differingCount++
    if (differing.length < mostShown)
      differing.push({ row: row + 1, expected: wants.slice(0, mostValuesShown), got: got.slice(0, mostValuesShown) })
  }
  return { output: name, rowCount, tolerance, largestDifference, differingCount, differing }
}

function agrees(expected: Value, got: Value, { absolute, relative }: Tolerance): boolean {
  if (typeof expected !== 'number' || typeof got !== 'number') return expected === got && expected !== null
  return Math.abs(expected - got) <= absolute + relative * Math.abs(expected)
}

function furthest(expected: readonly Value[], got: readonly Value[]): number | null {
  let found: number | null = null
  for (const [at, value] of expected.entries()) {
    const other = got[at]
    if (typeof value === 'number' && typeof other === 'number') found = larger(found, Math.abs(value - other))
  }
  return found
}

const larger = (a: number | null, b: number | null): number | null => (a === null ? b : b === null ? a : Math.max(a, b))
