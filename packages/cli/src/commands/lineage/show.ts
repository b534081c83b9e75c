import type { LineageGraph, LineageNode, LineageNodeKind } from '@evenkeel/contract'
import { exitCodes } from '../../errors.ts'
import { momentText, table } from '../../table.ts'
import { type CommonOptions, connect, outputOf } from '../common.ts'
import { treeOf, wordsOf } from './tree.ts'

interface ShowOptions extends CommonOptions {
  readonly upstream?: boolean
  readonly downstream?: boolean
  readonly depth: number
}

export async function show(node: string, { upstream, downstream, depth, ...options }: ShowOptions): Promise<number> {
  const { lineage } = await connect(options)
  const direction = upstream ? 'upstream' : downstream ? 'downstream' : 'both'
  const graph = await lineage.graph({ query: { node, depth, direction } })
  outputOf(options).result(graph, () => linesOf(graph, direction))
  return exitCodes.ok
}

const heads = { upstream: 'comes from', downstream: 'leads to' } as const

function linesOf(graph: LineageGraph, direction: 'upstream' | 'downstream' | 'both'): string[] {
  const root = graph.nodes.find(({ id }) => id === graph.root)!
  const sides = direction === 'both' ? (['upstream', 'downstream'] as const) : [direction]
  return [
    wordsOf(root),
    ...sides.flatMap((side) => {
      const tree = treeOf(graph, side)
      return [`${heads[side]}${tree.length === 0 ? ' nothing that is known' : ''}`, ...tree.map((line) => `  ${line}`)]
    }),
    ...(graph.truncated ? ['There is more than is shown; ask from another node, or with a smaller --depth.'] : []),
  ]
}

export async function search(
  text: string,
  { kind, ...options }: CommonOptions & { readonly kind?: LineageNodeKind },
): Promise<number> {
  const { lineage } = await connect(options)
  const { items } = await lineage.nodes({ query: { text, ...(kind !== undefined && { kind }) } })
  outputOf(options).result({ items }, () => (items.length > 0 ? found(items) : 'nothing in the graph is called so'))
  return exitCodes.ok
}

const found = (items: readonly LineageNode[]): string[] =>
  table(
    ['kind', 'name', 'last heard of', 'id'],
    items.map(({ kind, label, lastSeen, id }) => [kind, label, momentText(lastSeen), id]),
  )
