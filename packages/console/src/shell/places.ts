import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'

/** Names of one kind, by name; `more` when there are others. */
export interface Names {
  readonly names: readonly string[]
  readonly more: boolean
}

/** Up to so many of a kind are few. */
const FEW = 5
/** So many of each kind the palette shows. */
const FOUND = 50

const namesIn = (page: { readonly items: readonly { readonly name: string }[]; nextCursor: string | null }): Names => ({
  names: page.items.map(({ name }) => name),
  more: page.nextCursor !== null,
})

async function find(text: string, limit: number, signal: AbortSignal) {
  const query = { limit, ...(text && { text }) }
  const [models, endpoints, monitors] = await Promise.all([
    api.registry.listModels({ query }, { signal }),
    api.deployments.list({ query }, { signal }),
    api.monitoring.list({ query }, { signal }),
  ])
  return { models: namesIn(models), endpoints: namesIn(endpoints), monitors: namesIn(monitors) }
}

export type Places = Awaited<ReturnType<typeof find>>

/** The objects of each kind while they are few, for the navigation. */
export const placesQuery = queryOptions({
  queryKey: ['places'],
  queryFn: ({ signal }) => find('', FEW, signal),
})

/** Objects by a part of their name, for the palette. */
export const foundPlacesQuery = (text: string) =>
  queryOptions({
    queryKey: ['places', 'found', text],
    queryFn: ({ signal }) => find(text, FOUND, signal),
    placeholderData: keepPreviousData,
  })
