import { queryOptions } from '@tanstack/react-query'
import { lineageApi } from './api.ts'

export type Direction = 'upstream' | 'downstream' | 'both'

export const graphQuery = (node: string, direction: Direction) =>
  queryOptions({
    queryKey: ['lineage', 'graph', node, direction],
    queryFn: ({ signal }) => lineageApi.graph({ query: { node, direction } }, { signal }),
    // What is being written now is there a moment later; nobody announces it.
    refetchInterval: 10_000,
    retry: false,
  })

export const nodesQuery = (text: string) =>
  queryOptions({
    queryKey: ['lineage', 'nodes', text],
    queryFn: ({ signal }) => lineageApi.nodes({ query: { text, limit: 50 } }, { signal }),
  })
