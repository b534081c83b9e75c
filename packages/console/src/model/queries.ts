import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'
import { fromStart } from '../ui/pages.ts'
import { modelCardsApi, modelFilesApi, modelPeopleApi, projectsApi } from './api.ts'

/** A row tells of endpoints too, so any news may change it: the key says so. */
export const modelsQuery = (text: string, owner: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ['places', 'models', text, owner],
    queryFn: ({ pageParam, signal }) =>
      api.registry.listModels(
        { query: { limit: 50, ...pageParam, ...(text && { text }), ...(owner && { owner }) } },
        { signal },
      ),
    ...fromStart,
    placeholderData: keepPreviousData,
  })

/** Names of models with this in them; a name that is there is among them. */
export const modelNamesQuery = (text: string) =>
  queryOptions({
    queryKey: ['registry', 'model names', text],
    queryFn: ({ signal }) => api.registry.listModels({ query: text ? { text } : { limit: 50 } }, { signal }),
    select: ({ items }) => items.map(({ name }) => name),
    placeholderData: keepPreviousData,
  })

/** Who looks at this. */
export const meQuery = queryOptions({
  queryKey: ['projects', 'me'],
  queryFn: ({ signal }) => projectsApi.me({}, { signal }),
  staleTime: Number.POSITIVE_INFINITY,
})

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
    ...fromStart,
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
    ...fromStart,
  })

export const commentsQuery = (model: string, version: number) =>
  infiniteQueryOptions({
    queryKey: ['registry', 'comments', model, version],
    queryFn: ({ pageParam, signal }) =>
      modelPeopleApi.listComments({ params: { model, version }, query: { limit: 20, ...pageParam } }, { signal }),
    ...fromStart,
  })

/** The endpoints that serve a model, or will. */
export const endpointsOfQuery = (model: string) =>
  queryOptions({
    queryKey: ['deployments', 'of model', model],
    queryFn: ({ signal }) => api.deployments.list({ query: { model } }, { signal }),
    select: ({ items }) => items,
  })
