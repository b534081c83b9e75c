import type { Tree, TreeNode } from './model.ts'

/** A tree as typed arrays, to be walked by millions of rows. */
export interface FlatTree {
  /** `nodeStride` integers per node: see `flattenNode`. */
  readonly nodes: Int32Array
  /** Threshold of a numerical split, value of a leaf. */
  readonly numbers: Float64Array
  /** Sets of categories: one bit per code, set when it goes left. */
  readonly codeBits: Uint32Array
}

const nodeStride = 6
const noFeature = -1
const noCodes = -1

export function flatten({ nodes }: Tree): FlatTree {
  const codeBits: number[] = []
  return {
    nodes: Int32Array.from(nodes.flatMap((node) => flattenNode(node, codeBits))),
    numbers: Float64Array.from(nodes, (node) => numberOf(node)),
    codeBits: Uint32Array.from(codeBits),
  }
}

/** Feature, left, right, whether missing values go left, and where in `codeBits` the codes are and how many words. */
function flattenNode(node: TreeNode, codeBits: number[]): number[] {
  if (node.kind === 'leaf') return [noFeature, 0, 0, 0, noCodes, 0]
  const { feature, left, right } = node
  if (node.kind === 'numerical') return [feature, left, right, Number(node.missingLeft), noCodes, 0]
  const bits = bitsOf(node.codes)
  const codesAt = codeBits.push(...bits) - bits.length
  return [feature, left, right, 0, codesAt, bits.length]
}

function numberOf(node: TreeNode): number {
  if (node.kind === 'leaf') return node.value
  return node.kind === 'numerical' ? node.threshold : 0
}

function bitsOf(codes: readonly number[]): Uint32Array {
  const bits = new Uint32Array((Math.max(...codes) >> 5) + 1)
  for (const code of codes) bits[code >> 5]! |= 1 << (code & 31)
  return bits
}

/**
 * Adds the leaf values of rows to their scores.
 *
 * @param columns - float32 per feature of the model: a value or `NaN`; a category code or -1
 * @param scores - score of row 0 at `scoresAt`
 * @param order - row numbers, of which `[start, end)` are scored
 */
export function addTree(
  { nodes, numbers, codeBits }: FlatTree,
  columns: readonly Float32Array[],
  scores: Float64Array,
  scoresAt: number,
  order: Uint32Array,
  start: number,
  end: number,
): void {
  for (let index = start; index < end; index++) {
    const row = order[index]!
    let node = 0
    for (let feature = nodes[0]!; feature >= 0; feature = nodes[nodeStride * node]!) {
      const value = columns[feature]![row]!
      const at = nodeStride * node
      const codesAt = nodes[at + 4]!
      const goesLeft =
        codesAt < 0
          ? value <= numbers[node]! || (nodes[at + 3] === 1 && Number.isNaN(value))
          : value >= 0 &&
            value < 32 * nodes[at + 5]! &&
            ((codeBits[codesAt + (value >> 5)]! >>> (value & 31)) & 1) === 1
      node = goesLeft ? nodes[at + 1]! : nodes[at + 2]!
    }
    scores[scoresAt + row]! += numbers[node]!
  }
}

/** Row numbers from 0. */
export function allRows(rowCount: number): Uint32Array {
  return Uint32Array.from({ length: rowCount }, (_, row) => row)
}
