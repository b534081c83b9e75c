import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import { fromStart } from '../ui/pages.ts'

export const monitorsQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: ['monitoring', 'monitors', text],
    queryFn: ({ pageParam, signal }) =>
      api.monitoring.list({ query: { limit: 50, ...pageParam, ...(text && { text }) } }, { signal }),
    ...fromStart,
    placeholderData: keepPreviousData,
  })

export const monitorQuery = (monitor: string) =>
  queryOptions({
    queryKey: ['monitoring', 'monitor', monitor],
    queryFn: ({ signal }) => api.monitoring.get({ params: { monitor } }, { signal }),
  })

/** Windows of event time, oldest first. */
export const windowsQuery = (monitor: string) =>
  queryOptions({
    queryKey: ['monitoring', 'windows', monitor],
    queryFn: ({ signal }) => api.monitoring.listWindows({ params: { monitor }, query: { limit: 60 } }, { signal }),
    select: ({ items }) => items.toReversed(),
  })

export const incidentsQuery = (monitor: string) =>
  queryOptions({
    queryKey: ['monitoring', 'incidents', monitor],
    queryFn: ({ signal }) => api.monitoring.listIncidents({ query: { monitor, limit: 50 } }, { signal }),
  })

export const comparisonQuery = (monitor: string, start: string, feature: string) =>
  queryOptions({
    queryKey: ['monitoring', 'comparison', monitor, start, feature],
    queryFn: ({ signal }) => api.monitoring.compareFeature({ params: { monitor, start, feature } }, { signal }),
  })
