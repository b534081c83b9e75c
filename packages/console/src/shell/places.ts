import { queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'

/** Every object that has a page, for the navigation and the palette. */
export const placesQuery = queryOptions({
  queryKey: ['places'],
  queryFn: async ({ signal }) => {
    const [models, endpoints, monitors] = await Promise.all([
      api.registry.listModels({ query: {} }, { signal }),
      api.deployments.list({ query: {} }, { signal }),
      api.monitoring.list({ query: {} }, { signal }),
    ])
    return {
      models: models.items.map(({ name }) => name),
      endpoints: endpoints.items.map(({ name }) => name),
      monitors: monitors.items.map(({ name }) => name),
    }
  },
})

export type Places = Awaited<ReturnType<NonNullable<typeof placesQuery.queryFn>>>
