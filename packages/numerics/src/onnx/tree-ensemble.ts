import type { CategoricalSplit, NumericalSplit, Tree } from '../trees/model.ts'
import type { Attribute } from './messages.ts'

// Numbers of the enumerations in the specification of the operator.
const branchAtMost = 0
const branchMember = 6
const addUp = 1

/** Where a branch leads: to a number in the list of branches or of leaves. */
interface Place {
  readonly isLeaf: boolean
  readonly index: number
}

/** A split as the operator sees it: true leads to the left. */
export interface Test {
  /** Index into the row that the operator is given. */
  readonly column: number
  /** The numbers that go left, or the largest of them. */
  readonly goesLeft: readonly number[] | number
  readonly missingLeft: boolean
}

interface Ensemble {
  readonly roots: number[]
  readonly branches: { readonly test: Test; readonly left: Place; readonly right: Place }[]
  readonly leaves: { readonly output: number; readonly value: number }[]
}

/**
 * Attributes of the operator `TreeEnsemble` that adds up leaf values. Tree `i` adds to output `i % outputCount`.
 *
 * @param trees - each with at least one split
 * @param testOf - how a split is put to the operator
 * @see https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsemble.html
 */
export function treeEnsemble(
  trees: readonly Tree[],
  outputCount: number,
  testOf: (split: NumericalSplit | CategoricalSplit) => Test,
): Record<string, Attribute> {
  const ensemble: Ensemble = { roots: [], branches: [], leaves: [] }
  trees.forEach((tree, index) => addTree(ensemble, tree, index % outputCount, testOf))
  const { roots, branches, leaves } = ensemble
  const tests = branches.map(({ test }) => test)
  return {
    n_targets: { integer: outputCount },
    aggregate_function: { integer: addUp },
    tree_roots: { integers: roots },
    nodes_featureids: { integers: tests.map(({ column }) => column) },
    nodes_modes: {
      tensor: Uint8Array.from(tests, ({ goesLeft }) => (typeof goesLeft === 'number' ? branchAtMost : branchMember)),
    },
    nodes_splits: { tensor: Float32Array.from(tests, ({ goesLeft }) => (typeof goesLeft === 'number' ? goesLeft : 0)) },
    nodes_missing_value_tracks_true: { integers: tests.map(({ missingLeft }) => Number(missingLeft)) },
    // The sets of all tests one after the other, each ended by NaN.
    membership_values: {
      tensor: Float32Array.from(
        tests.flatMap(({ goesLeft }) => (typeof goesLeft === 'number' ? [] : [...goesLeft, Number.NaN])),
      ),
    },
    nodes_truenodeids: { integers: branches.map(({ left }) => left.index) },
    nodes_trueleafs: { integers: branches.map(({ left }) => Number(left.isLeaf)) },
    nodes_falsenodeids: { integers: branches.map(({ right }) => right.index) },
    nodes_falseleafs: { integers: branches.map(({ right }) => Number(right.isLeaf)) },
    leaf_targetids: { integers: leaves.map(({ output }) => output) },
    leaf_weights: { tensor: Float32Array.from(leaves, ({ value }) => value) },
  }
}

function addTree(
  { roots, branches, leaves }: Ensemble,
  { nodes }: Tree,
  output: number,
  testOf: (split: NumericalSplit | CategoricalSplit) => Test,
): void {
  let branchCount = branches.length
  const places = nodes.map((node): Place => {
    if (node.kind !== 'leaf') return { isLeaf: false, index: branchCount++ }
    return { isLeaf: true, index: leaves.push({ output, value: node.value }) - 1 }
  })
  roots.push(branches.length)
  for (const node of nodes) {
    if (node.kind === 'leaf') continue
    branches.push({ test: testOf(node), left: places[node.left]!, right: places[node.right]! })
  }
}
