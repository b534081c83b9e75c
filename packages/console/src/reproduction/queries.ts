import { createClient } from '@evenkeel/client'
import { reproductions } from '@evenkeel/contract'
import { queryOptions } from '@tanstack/react-query'
import { clientOptions } from '../api.ts'

export const reproductionsApi = createClient(reproductions, clientOptions)

/** The newest ones of a version. News of their runs is news of pipelines. */
export const reproductionsQuery = (model: string, version: number) =>
  queryOptions({
    queryKey: ['pipelines', 'reproductions', model, version],
    queryFn: ({ signal }) => reproductionsApi.list({ params: { model }, query: { version, limit: 5 } }, { signal }),
    select: ({ items }) => items,
  })

export const reproductionQuery = (reproduction: string) =>
  queryOptions({
    queryKey: ['pipelines', 'reproduction', reproduction],
    queryFn: ({ signal }) => reproductionsApi.get({ params: { reproduction } }, { signal }),
  })
