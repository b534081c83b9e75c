import { createClient } from '@evenkeel/client'
import { artifacts } from '@evenkeel/contract'
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { clientOptions } from '../api.ts'
import { trackedRunsApi } from '../experiment/api.ts'
import { type PreviewKind, READ_BYTES } from './preview.ts'

const artifactsApi = createClient(artifacts, clientOptions)

export const trackedRunQuery = (run: string) =>
  queryOptions({
    queryKey: ['tracking', 'run', run],
    queryFn: ({ signal }) => trackedRunsApi.get({ params: { run } }, { signal }),
  })

/** What lies directly in a folder. */
export const filesQuery = (folder: string) =>
  infiniteQueryOptions({
    queryKey: ['artifacts', 'files', folder],
    queryFn: ({ signal, pageParam }) =>
      artifactsApi.listFiles({ query: { folder, limit: 200, ...pageParam } }, { signal }),
    initialPageParam: {} as { cursor?: string },
    getNextPageParam: ({ nextCursor }) => (nextCursor === null ? undefined : { cursor: nextCursor }),
  })

/** The start of a file, as far as it is shown. */
export const contentQuery = (path: string, kind: Exclude<PreviewKind, 'image'>) =>
  queryOptions({
    queryKey: ['artifacts', 'content', path, kind],
    queryFn: async ({ signal }) => {
      const end = READ_BYTES[kind] - 1
      const found = await artifactsApi.readFile({ query: { path } }, { signal, range: { start: 0, end } })
      return found.bytes()
    },
    staleTime: 60_000,
  })

/** Where a browser reads a file. */
export const addressOf = (path: string): string => `/api/v1/files/content?path=${encodeURIComponent(path)}`
