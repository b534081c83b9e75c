import type { RunView } from '@evenkeel/contract'
import { useQueryClient } from '@tanstack/react-query'
import { viewsApi } from './api.ts'
import { viewsQuery } from './queries.ts'

type Change = Parameters<typeof viewsApi.update>[0]['body']
type NewView = Parameters<typeof viewsApi.create>[0]['body']

/** Writes views of an experiment. What was written is known at once, so that the table does not jump meanwhile. */
export function useSavedViews(experiment: string) {
  const client = useQueryClient()
  const know = (view: RunView): RunView => {
    client.setQueryData(viewsQuery(experiment).queryKey, (known) => ({
      views: [...(known?.views.filter(({ id }) => id !== view.id) ?? []), view],
    }))
    return view
  }
  return {
    create: async (body: NewView) => know(await viewsApi.create({ params: { experiment }, body })),
    change: async (view: string, body: Change) => know(await viewsApi.update({ params: { experiment, view }, body })),
    remove: (view: string) => viewsApi.delete({ params: { experiment, view } }),
  }
}
