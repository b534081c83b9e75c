import type { LineageGraph, LineageNode } from '@evenkeel/contract'

/** The nodes on one side of the root, indented under what leads to them; one that was shown is only named again. */
export function treeOf({ root, nodes, edges }: LineageGraph, direction: 'upstream' | 'downstream'): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const next = Map.groupBy(edges, (edge) => (direction === 'upstream' ? edge.target : edge.source))
  const shown = new Set([root])
  const lines: string[] = []
  const walk = (id: string, indent: string) => {
    const found = (next.get(id) ?? []).map((edge) => (direction === 'upstream' ? edge.source : edge.target))
    const children = [...new Set(found)].flatMap((child) => byId.get(child) ?? [])
    for (const [at, child] of children.toSorted(byName).entries()) {
      const last = at === children.length - 1
      const again = shown.has(child.id)
      shown.add(child.id)
      lines.push(`${indent}${last ? '└─' : '├─'} ${wordsOf(child)}${again ? ' (see above)' : ''}`)
      if (!again) walk(child.id, `${indent}${last ? '   ' : '│  '}`)
    }
  }
  walk(root, '')
  return lines
}

const byName = (a: LineageNode, b: LineageNode) => a.kind.localeCompare(b.kind) || a.label.localeCompare(b.label)

/** `model version churn@3`, `run churn 1f2e3d4c, COMPLETE`. Of others, also whose it is. */
export const wordsOf = ({ kind, label, state, origin, namespace }: LineageNode): string =>
  [
    `${kind.replace('_', ' ')} ${label}`,
    ...(state === null ? [] : [state]),
    ...(origin === 'received' && namespace !== '' ? [`of ${namespace}`] : []),
  ].join(', ')
