import type { LineageEdge, LineageGraph, LineageNode } from '@evenkeel/contract'
import type { ShownStep } from '../pipeline/Steps.tsx'
import type { MarkState } from '../ui/index.ts'

export const KINDS: Readonly<Record<LineageNode['kind'], string>> = {
  job: 'job',
  run: 'run',
  dataset: 'dataset',
  dataset_version: 'data',
  model_version: 'model',
  deployment: 'deployment',
}

const STATES: Readonly<Record<string, { readonly mark: MarkState; readonly word: string }>> = {
  START: { mark: 'active', word: 'started' },
  RUNNING: { mark: 'active', word: 'running' },
  COMPLETE: { mark: 'done', word: 'complete' },
  FAIL: { mark: 'failed', word: 'failed' },
  ABORT: { mark: 'stopped', word: 'stopped' },
}

/** The nodes of a graph as the component that draws pipelines takes them: what flows in is what a node needs. */
export function shownNodes({ nodes, edges }: LineageGraph): ShownStep[] {
  const forward = withoutCircles(nodes, edges)
  const sources = Map.groupBy(forward, ({ target }) => target)
  return nodes.map((node) => ({
    key: node.id,
    label: node.label,
    needs: (sources.get(node.id) ?? []).map(({ source }) => source),
    ...(node.state !== null && STATES[node.state] && { mark: STATES[node.state]!.mark, word: KINDS[node.kind] }),
    note: [
      // A list shows the word beside a mark only.
      ...(node.state !== null && STATES[node.state] ? [] : [KINDS[node.kind]]),
      ...(node.state === null ? [] : [STATES[node.state]?.word ?? node.state]),
      ...(node.origin === 'received' ? ['of others'] : []),
    ].join(' · '),
  }))
}

/** A job may write what it reads; an edge that leads back is left out of the drawing. */
export function withoutCircles(nodes: readonly LineageNode[], edges: readonly LineageEdge[]): LineageEdge[] {
  const next = Map.groupBy(edges, ({ source }) => source)
  const kept: LineageEdge[] = []
  const done = new Set<string>()
  const open = new Set<string>()
  const visit = (id: string) => {
    if (done.has(id)) return
    open.add(id)
    for (const edge of next.get(id) ?? []) {
      if (open.has(edge.target)) continue
      kept.push(edge)
      visit(edge.target)
    }
    open.delete(id)
    done.add(id)
  }
  for (const { id } of nodes) visit(id)
  return kept
}
