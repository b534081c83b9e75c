import {
  type FeatureColumn,
  ForeignModelError,
  goldenOf,
  type ModelFeature,
  predictTrees,
  readLightgbm,
  readOnnx,
  readXgboost,
  seededRandom,
  type TreeModel,
  treesToOnnx,
} from '@evenkeel/numerics'

/** What becomes of a file of trees. */
export interface ConvertedTrees {
  readonly format: 'lightgbm' | 'xgboost'
  readonly onnx: Uint8Array
  readonly golden: Uint8Array
  readonly treeCount: number
  readonly importance: readonly { readonly feature: string; readonly share: number }[]
}

const goldenRows = 64

/** @throws ForeignModelError when the file cannot be read, or holds what no ONNX file of ours can say */
export function convertTrees(bytes: Uint8Array, format: 'lightgbm' | 'xgboost'): ConvertedTrees {
  const model = format === 'lightgbm' ? readLightgbm(new TextDecoder().decode(bytes)) : readXgboost(bytes)
  const onnx = onnxOf(model, format)
  const rows = model.features.map((feature, at) => probesOf(model, feature, at))
  const golden = goldenOf(rows, readOnnx(onnx).outputs[0]!.name, predictTrees(model, rows))
  const totalGain = model.features.reduce((sum, { gain }) => sum + gain, 0)
  return {
    format,
    onnx,
    golden: Buffer.from(JSON.stringify(golden)),
    treeCount: model.trees.length,
    importance: model.features.map(({ name, gain }) => ({
      feature: name,
      share: totalGain > 0 ? gain / totalGain : 0,
    })),
  }
}

function onnxOf(model: TreeModel, format: string): Uint8Array {
  try {
    return treesToOnnx(model, { name: 'trees', metadata: { converted_from: format } })
  } catch (error) {
    // A feature whose name the graph needs for itself.
    if (error instanceof RangeError) throw new ForeignModelError(error.message, { cause: error })
    throw error
  }
}

/** Values at and beside the thresholds of a feature, where two readings of a tree would differ, and missing ones. */
function probesOf({ trees }: TreeModel, feature: ModelFeature, index: number): FeatureColumn {
  const random = seededRandom(index)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!
  if (feature.kind === 'categorical') {
    const { name, kind, categories } = feature
    const codes = Int32Array.from({ length: goldenRows }, () => Math.floor(random() * (categories.length + 1)) - 1)
    return { name, kind, categories: [...categories], codes }
  }
  const thresholds = trees.flatMap(({ nodes }) =>
    nodes.flatMap((node) =>
      node.kind === 'numerical' && node.feature === index && Number.isFinite(node.threshold) ? [node.threshold] : [],
    ),
  )
  const probes = thresholds.length === 0 ? [0, 1] : thresholds
  const values = Float32Array.from({ length: goldenRows }, () => {
    const value = pick(probes)
    return pick([value, value, value + Math.abs(value) * 1e-3 + 1e-6, Number.NaN])
  })
  return { name: feature.name, kind: 'numerical', values }
}
