import { ApiError } from '@evenkeel/client'
import type { ImportDraft } from '@evenkeel/contract'
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query'
import { artifactsApi, datasetsApi, modelImportsApi } from './api.ts'

export const draftsQuery = queryOptions({
  queryKey: ['imports', 'list'],
  queryFn: ({ signal }) => modelImportsApi.list({}, { signal }),
})

export const draftQuery = (draft: string) =>
  queryOptions({
    queryKey: ['imports', 'draft', draft],
    queryFn: ({ signal }) => modelImportsApi.get({ params: { draft } }, { signal }),
  })

export const datasetsQuery = queryOptions({
  queryKey: ['datasets', 'list'],
  queryFn: ({ signal }) => datasetsApi.list({}, { signal }),
})

/** Rows that a model was converted with, and what its own trees answer to them. */
export const goldenQuery = (digest: string) =>
  queryOptions({
    queryKey: ['artifacts', 'golden', digest],
    queryFn: async ({ signal }): Promise<unknown> => {
      const content = await artifactsApi.download({ params: { digest } }, { signal })
      return JSON.parse(new TextDecoder().decode(await content.bytes()))
    },
    staleTime: Infinity,
  })

/** Does a step of an import; the page shows the draft that comes back at once, and reads it again when it was old. */
export function useStep<Input>(draft: string, act: (input: Input) => Promise<ImportDraft>) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: act,
    onSuccess: (next) => {
      client.setQueryData(draftQuery(draft).queryKey, next)
      return client.invalidateQueries({ queryKey: draftsQuery.queryKey })
    },
    onError: (error) => {
      const isOld = error instanceof ApiError && error.code === 'registry.draft_changed'
      return isOld ? client.invalidateQueries({ queryKey: draftQuery(draft).queryKey }) : undefined
    },
  })
}
