/**
 * Area under the ROC curve: how often a row of class 1 scores above one of class 0, ties counting half.
 *
 * @param labels - 0 or 1, both present
 */
export function auc(scores: Float64Array, labels: Float64Array): number {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]!)
  let positives = 0
  let rankSum = 0
  for (let start = 0; start < order.length;) {
    let end = start
    let tiedPositives = 0
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) tiedPositives += labels[order[end++]!]!
    // Ranks count from 1; equal scores share the mean of theirs.
    rankSum += (tiedPositives * (start + 1 + end)) / 2
    positives += tiedPositives
    start = end
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives))
}
