import { alignColumns } from './columns.ts'
import { type FeatureColumn, lengthOf } from './dataset.ts'
import { addTree, allRows, flatten } from './flat-tree.ts'
import { softmaxInPlace } from './loss.ts'
import type { TreeModel } from './model.ts'

// A tree is walked by this many rows before the next one takes its place in the cache.
const rowsPerBlock = 4096

/**
 * Scores before the link function: log odds, the value, or one per class.
 *
 * @param features - every feature of the model by name, in any sequence; further columns are ignored
 * @returns row-major, `rows * outputCount`
 * @throws RangeError when a feature is missing, of another kind, or of another length than the first
 */
export function predictRawScores(model: TreeModel, features: readonly FeatureColumn[]): Float64Array {
  const rowCount = features[0] ? lengthOf(features[0]) : 0
  const columns = alignColumns(model.features, features, rowCount, (length) => new Float32Array(length))
  const trees = model.trees.map(flatten)
  const order = allRows(rowCount)
  const { outputCount } = model
  const byOutput = new Float64Array(rowCount * outputCount)
  model.baseScores.forEach((score, output) => byOutput.fill(score, output * rowCount, (output + 1) * rowCount))
  for (let start = 0; start < rowCount; start += rowsPerBlock) {
    const end = Math.min(rowCount, start + rowsPerBlock)
    trees.forEach((tree, index) =>
      addTree(tree, columns, byOutput, (index % outputCount) * rowCount, order, start, end),
    )
  }
  return outputCount === 1 ? byOutput : transpose(byOutput, rowCount, outputCount)
}

/**
 * Probability of class 1, the value, or a probability per class.
 *
 * @param features - every feature of the model by name, in any sequence; further columns are ignored
 * @returns row-major, `rows * outputCount`
 * @throws RangeError when a feature is missing, of another kind, or of another length than the first
 */
export function predictTrees(model: TreeModel, features: readonly FeatureColumn[]): Float64Array {
  const scores = predictRawScores(model, features)
  switch (model.loss) {
    case 'squared':
      return scores
    case 'logistic':
      return scores.map((score) => 1 / (1 + Math.exp(-score)))
    case 'softmax':
      for (let at = 0; at < scores.length; at += model.outputCount) softmaxInPlace(scores, at, model.outputCount)
      return scores
  }
}

function transpose(byOutput: Float64Array, rowCount: number, outputCount: number): Float64Array {
  return byOutput.map((_, at) => byOutput[(at % outputCount) * rowCount + Math.floor(at / outputCount)]!)
}
