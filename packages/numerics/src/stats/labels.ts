import { checkAligned, checkSample, type Column } from './check.ts'

/** Refuses labels that are not 0 or 1, scores that are not finite, and columns of different length. */
export function checkLabels(measure: string, labels: Column, scores: Column): void {
  checkAligned(measure, ['labels', labels], ['scores', scores])
  checkSample(measure, 'score', scores)
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] === 0 || labels[row] === 1) continue
    throw new RangeError(
      `${measure}: label ${row} is ${labels[row]}; give 1 for the positive class and 0 for the other`,
    )
  }
}

/** As `checkLabels`, for scores that are meant as probabilities. */
export function checkProbabilities(measure: string, labels: Column, scores: Column): void {
  checkLabels(measure, labels, scores)
  for (let row = 0; row < scores.length; row++) {
    if (scores[row]! >= 0 && scores[row]! <= 1) continue
    throw new RangeError(`${measure}: score ${row} is ${scores[row]}; give probabilities from 0 to 1`)
  }
}

/** Scores of either class, in the order of the rows. */
export function splitByLabel(
  measure: string,
  labels: Column,
  scores: Column,
): { positives: Float64Array; negatives: Float64Array } {
  checkLabels(measure, labels, scores)
  const positives = scoresOf(1, labels, scores)
  const negatives = scoresOf(0, labels, scores)
  if (positives.length === 0 || negatives.length === 0) {
    const missing = positives.length === 0 ? 'positive' : 'negative'
    throw new RangeError(`${measure}: no row is ${missing}, and one class cannot be ranked; use a longer window`)
  }
  return { positives, negatives }
}

function scoresOf(label: 0 | 1, labels: Column, scores: Column): Float64Array {
  const chosen = new Float64Array(scores.length)
  let count = 0
  for (let row = 0; row < scores.length; row++) if (labels[row] === label) chosen[count++] = scores[row]!
  return chosen.slice(0, count)
}
