import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import { modelCardsApi, modelFilesApi, modelPeopleApi } from './api.ts'

const nextCursorOf = ({ nextCursor }: { nextCursor: string | null }) =>
  nextCursor === null ? undefined : { cursor: nextCursor }
const noCursor = {} as { cursor?: string }

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

export const snippetsQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['registry', 'snippets', model, version],
    queryFn: ({ signal }) => modelFilesApi.snippets({ params: { model, version } }, { signal }),
  })

export const historyQuery = (model: string) =>
  infiniteQueryOptions({
    queryKey: ['registry', 'history', model],
    queryFn: ({ pageParam, signal }) =>
      modelPeopleApi.history({ params: { model }, query: { limit: 50, ...pageParam } }, { signal }),
    initialPageParam: noCursor,
    getNextPageParam: nextCursorOf,
  })

export const cardQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['registry', 'card', model, version],
    queryFn: ({ signal }) => modelCardsApi.get({ params: { model, version }, query: {} }, { signal }),
  })

/** A revision never changes. */
export const cardRevisionQuery = (model: string, version: number, revision: number) =>
  queryOptions({
    queryKey: ['registry', 'card', model, version, revision],
    queryFn: ({ signal }) => modelCardsApi.get({ params: { model, version }, query: { revision } }, { signal }),
    staleTime: Infinity,
  })

export const cardEditsQuery = (model: string, version: number) =>
  infiniteQueryOptions({
    queryKey: ['registry', 'card-edits', model, version],
    queryFn: ({ pageParam, signal }) =>
      modelCardsApi.listEdits({ params: { model, version }, query: { limit: 20, ...pageParam } }, { signal }),
    initialPageParam: noCursor,
    getNextPageParam: nextCursorOf,
  })

export const commentsQuery = (model: string, version: number) =>
  infiniteQueryOptions({
    queryKey: ['registry', 'comments', model, version],
    queryFn: ({ pageParam, signal }) =>
      modelPeopleApi.listComments({ params: { model, version }, query: { limit: 20, ...pageParam } }, { signal }),
    initialPageParam: noCursor,
    getNextPageParam: nextCursorOf,
  })

/** The endpoints that serve a model, or will. */
export const endpointsOfQuery = (model: string) =>
  queryOptions({
    queryKey: ['deployments', 'list'],
    queryFn: ({ signal }) => api.deployments.list({ query: {} }, { signal }),
    select: ({ items }) => items.filter((endpoint) => endpoint.model === model),
  })
