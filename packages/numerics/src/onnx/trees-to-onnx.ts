import type { CategoricalSplit, ModelFeature, NumericalSplit, Tree, TreeModel } from '../trees/model.ts'
import { type CategoryTable, tabulate } from './category-table.ts'
import { type OnnxNode, type TensorInfo, writeModel } from './messages.ts'
import { type Test, treeEnsemble } from './tree-ensemble.ts'

export interface OnnxExportOptions {
  /** Name of the graph, and of the model in its metadata. */
  readonly name: string
  /** Written into the metadata of the model, beside `producer` and `name`. */
  readonly metadata?: Readonly<Record<string, string>>
}

// TreeEnsemble came with operator set 5 of the machine-learning domain, which goes with these (ONNX 1.16).
const irVersion = 10
const opsets = { '': 21, 'ai.onnx.ml': 5 }
const batch = 'N'

/** A feature with what it adds to the row that the ensemble reads: itself, or the answers from its table. */
interface Encoding {
  readonly feature: ModelFeature
  readonly firstColumn: number
  readonly table: CategoryTable | undefined
}

/**
 * Writes a trained model as ONNX.
 *
 * Every feature is an input of its own, by its name: float32 `[N, 1]` with `NaN` for missing, or string `[N, 1]`, where
 * an unknown text counts as missing. The output is `probability`, float32 `[N, 1]` (of class 1) or `[N, classes]`,
 * or `prediction`, float32 `[N, 1]`.
 *
 * @throws RangeError when a feature is called like the output, or with a slash in front like names inside the graph
 */
export function treesToOnnx(model: TreeModel, { name, metadata = {} }: OnnxExportOptions): Uint8Array {
  const output = model.loss === 'squared' ? 'prediction' : 'probability'
  checkNames(model.features, output)
  const trees = model.trees.map(branching)
  const encodings = encodeFeatures(model.features, trees)
  return writeModel({
    name,
    producer: 'evenkeel',
    irVersion,
    opsets,
    metadata: { ...metadata, producer: 'evenkeel', name },
    inputs: model.features.map(inputOf),
    outputs: [{ name: output, elementType: 'float32', shape: [batch, model.outputCount] }],
    nodes: [...encodings.flatMap(lookUp), ...addUp(model, trees, encodings), ...link(model, output)],
    constants: [
      { name: '/base', shape: [model.outputCount], values: Float32Array.from(model.baseScores) },
      ...encodings.flatMap(({ feature, table }) =>
        table ? [{ name: tableOf(feature), shape: [table.rowCount, table.columnCount], values: table.values }] : [],
      ),
    ],
  })
}

function checkNames(features: readonly ModelFeature[], output: string): void {
  const taken = features.find(({ name }) => name === output || name === '' || name.startsWith('/'))
  if (!taken) return
  throw new RangeError(`onnx: "${taken.name}" cannot be the name of an input; rename the feature and train again`)
}

function inputOf({ name, kind }: ModelFeature): TensorInfo {
  return { name, elementType: kind === 'numerical' ? 'float32' : 'string', shape: [batch, 1] }
}

function encodeFeatures(features: readonly ModelFeature[], trees: readonly Tree[]): Encoding[] {
  const splits = trees.flatMap(({ nodes }) => nodes.filter((node) => node.kind === 'categorical'))
  let columnCount = 0
  return features.map((feature, index) => {
    const firstColumn = columnCount
    if (feature.kind === 'numerical') {
      columnCount++
      return { feature, firstColumn, table: undefined }
    }
    const own = splits.filter((split) => split.feature === index)
    const table = tabulate(feature.categories.length, own)
    columnCount += table.columnCount
    return { feature, firstColumn, table }
  })
}

const tableOf = ({ name }: ModelFeature): string => `/table/${name}`
const columnsOf = ({ name, kind }: ModelFeature): string => (kind === 'numerical' ? name : `/answers/${name}`)

function lookUp({ feature }: Encoding): OnnxNode[] {
  if (feature.kind === 'numerical') return []
  const row = `/row/${feature.name}`
  const attributes = {
    keys_strings: { strings: feature.categories },
    values_int64s: { integers: feature.categories.map((_, code) => code + 1) },
    default_int64: { integer: 0 },
  }
  return [
    { operator: 'LabelEncoder', domain: 'ai.onnx.ml', inputs: [feature.name], outputs: [row], attributes },
    { operator: 'GatherND', inputs: [tableOf(feature), row], outputs: [columnsOf(feature)] },
  ]
}

function addUp(model: TreeModel, trees: readonly Tree[], encodings: readonly Encoding[]): OnnxNode[] {
  const testOf = (split: NumericalSplit | CategoricalSplit): Test => {
    const { firstColumn, table } = encodings[split.feature]!
    if (split.kind === 'numerical') return { ...split, column: firstColumn, goesLeft: split.threshold }
    const { column, numbers } = table!.answers.get(split)!
    return { column: firstColumn + column, goesLeft: numbers, missingLeft: false }
  }
  const inputs = model.features.map(columnsOf)
  const attributes = treeEnsemble(trees, model.outputCount, testOf)
  return [
    { operator: 'Concat', inputs, outputs: ['/columns'], attributes: { axis: { integer: 1 } } },
    { operator: 'TreeEnsemble', domain: 'ai.onnx.ml', inputs: ['/columns'], outputs: ['/sum'], attributes },
  ]
}

function link({ loss }: TreeModel, output: string): OnnxNode[] {
  const add = { operator: 'Add', inputs: ['/sum', '/base'] }
  switch (loss) {
    case 'squared':
      return [{ ...add, outputs: [output] }]
    case 'logistic':
      return [
        { ...add, outputs: ['/score'] },
        { operator: 'Sigmoid', inputs: ['/score'], outputs: [output] },
      ]
    case 'softmax':
      return [
        { ...add, outputs: ['/score'] },
        { operator: 'Softmax', inputs: ['/score'], outputs: [output], attributes: { axis: { integer: 1 } } },
      ]
  }
}

/** The operator knows no tree without a split: one leaf becomes two of the same value. */
function branching(tree: Tree): Tree {
  const [root] = tree.nodes
  if (root?.kind !== 'leaf') return tree
  const split = { kind: 'numerical' as const, feature: 0, threshold: 0, missingLeft: false, gain: 0, left: 1, right: 2 }
  return { nodes: [{ ...split, rowCount: root.rowCount }, root, root] }
}
