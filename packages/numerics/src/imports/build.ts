import type { Loss } from '../trees/options.ts'
import type { FeatureSpec, Tree, TreeModel, TreeNode } from '../trees/model.ts'
import { ForeignModelError } from './error.ts'

/**
 * Collects the nodes of a tree from its root on, and numbers them anew: what the root does not reach is left out.
 *
 * @param nodeAt - a node by its number in the file; `left` and `right` are such numbers too
 * @throws ForeignModelError when a number is none of the file, or a node is reached twice
 */
export function treeFrom(root: number, nodeCount: number, nodeAt: (index: number) => TreeNode): Tree {
  const places = new Map([[root, 0]])
  const found: TreeNode[] = []
  // A map keeps the order of insertion, so what is added while walking is walked too.
  for (const index of places.keys()) {
    const node = nodeAt(index)
    found.push(node)
    if (node.kind === 'leaf') continue
    for (const child of [node.left, node.right]) {
      if (!Number.isInteger(child) || child < 0 || child >= nodeCount || places.has(child))
        throw new ForeignModelError(`A tree is damaged: its node ${index} leads to ${child}.`)
      places.set(child, places.size)
    }
  }
  return {
    nodes: found.map((node) =>
      node.kind === 'leaf' ? node : { ...node, left: places.get(node.left)!, right: places.get(node.right)! },
    ),
  }
}

/** A model with what is known only when all its trees are: how much each feature counts. */
export function modelOf(
  loss: Loss,
  baseScores: readonly number[],
  features: readonly FeatureSpec[],
  trees: readonly Tree[],
): TreeModel {
  if (trees.length === 0) throw new ForeignModelError('The model has no trees.')
  const twice = features.find(({ name }, at) => features.findIndex((other) => other.name === name) !== at)
  if (twice) throw new ForeignModelError(`Two features are called "${twice.name}"; rename one and train again.`)
  const gains = features.map(() => ({ gain: 0, splitCount: 0 }))
  for (const node of trees.flatMap(({ nodes }) => nodes)) {
    if (node.kind === 'leaf') continue
    const sum = gains[node.feature]
    if (!sum) throw new ForeignModelError(`A tree splits on feature ${node.feature}, and there are ${features.length}.`)
    sum.gain += node.gain
    sum.splitCount++
  }
  return {
    format: 'evenkeel.trees/1',
    loss,
    outputCount: baseScores.length,
    features: features.map((feature, at) => ({ ...feature, ...gains[at]! })),
    baseScores,
    trees,
  }
}

/** Multiplies what every leaf adds. */
export const scaled = ({ nodes }: Tree, factor: number): Tree => ({
  nodes: nodes.map((node) => (node.kind === 'leaf' ? { ...node, value: node.value * factor } : node)),
})
