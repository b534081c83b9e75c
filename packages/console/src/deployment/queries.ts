import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import { fromStart } from '../ui/pages.ts'

export const endpointsQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ['deployments', 'endpoints', text],
    queryFn: ({ pageParam, signal }) =>
      api.deployments.list({ query: { limit: 50, ...pageParam, ...(text && { text }) } }, { signal }),
    ...fromStart,
    placeholderData: keepPreviousData,
  })

export const endpointQuery = (endpoint: string) =>
  queryOptions({
    queryKey: ['deployments', 'endpoint', endpoint],
    queryFn: ({ signal }) => api.deployments.get({ params: { endpoint } }, { signal }),
  })

export const rolloutsQuery = (endpoint: string) =>
  queryOptions({
    queryKey: ['deployments', 'rollouts', endpoint],
    queryFn: ({ signal }) => api.deployments.listRollouts({ params: { endpoint }, query: { limit: 50 } }, { signal }),
  })

export const trafficQuery = (endpoint: string) =>
  queryOptions({
    queryKey: ['deployments', 'traffic', endpoint],
    queryFn: ({ signal }) => api.deployments.traffic({ params: { endpoint } }, { signal }),
  })

export const predictionsQuery = (endpoint: string) =>
  queryOptions({
    queryKey: ['monitoring', 'predictions', endpoint],
    queryFn: ({ signal }) =>
      api.monitoring.recentPredictions({ params: { endpoint }, query: { limit: 20 } }, { signal }),
  })
