import { queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'

export const modelQuery = (model: string) =>
  queryOptions({
    queryKey: ['registry', 'model', model],
    queryFn: ({ signal }) => api.registry.getModel({ params: { model } }, { signal }),
  })

export const versionsQuery = (model: string) =>
  queryOptions({
    queryKey: ['registry', 'versions', model],
    queryFn: ({ signal }) => api.registry.listVersions({ params: { model }, query: { limit: 200 } }, { signal }),
  })

export const versionQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['registry', 'version', model, version],
    queryFn: ({ signal }) => api.registry.getVersion({ params: { model, version } }, { signal }),
  })

export const aliasMovesQuery = (model: string) =>
  queryOptions({
    queryKey: ['registry', 'alias-moves', model],
    queryFn: ({ signal }) => api.registry.listAliasMoves({ params: { model }, query: { limit: 200 } }, { signal }),
  })

export const stageMovesQuery = (model: string) =>
  queryOptions({
    queryKey: ['registry', 'stage-moves', model],
    queryFn: ({ signal }) => api.registry.listStageMoves({ params: { model }, query: { limit: 200 } }, { signal }),
  })

export const approvalsQuery = (model: string) =>
  queryOptions({
    queryKey: ['governance', 'approvals', model],
    queryFn: ({ signal }) => api.governance.listApprovals({ query: { model, limit: 200 } }, { signal }),
    select: ({ items }) => items.flatMap((approval) => (approval.kind === 'version' ? [approval] : [])),
  })

/** The endpoints that serve a model, or will. */
export const endpointsOfQuery = (model: string) =>
  queryOptions({
    queryKey: ['deployments', 'list'],
    queryFn: ({ signal }) => api.deployments.list({}, { signal }),
    select: ({ items }) => items.filter((endpoint) => endpoint.model === model),
  })
