import { queryOptions } from '@tanstack/react-query'
import { api } from '../api.ts'

export const loopQuery = queryOptions({
  queryKey: ['loop'],
  queryFn: ({ signal }) => api.loop.read({}, { signal }),
})
