import { useQueryClient } from '@tanstack/react-query'
import { formatCount, notifyDone, notifyUndo } from '../ui/index.ts'
import { useAction } from '../useAction.ts'
import { trackedRunsApi } from './api.ts'

export const countRuns = (count: number): string => `${formatCount(count)} ${count === 1 ? 'run' : 'runs'}`

/** Deletes runs, and offers to restore them. */
export function useRemove(after?: () => void) {
  const client = useQueryClient()
  const restore = (runs: readonly string[]) =>
    void trackedRunsApi.restore({ body: { runs: [...runs] } }).then(
      () => client.invalidateQueries(),
      (error: Error) => notifyDone(`They were not restored. ${error.message}`),
    )
  return useAction(
    (runs: readonly string[]) => trackedRunsApi.remove({ body: { runs: [...runs] } }),
    (runs) => notifyUndo(`${countRuns(runs.length)} deleted.`, () => restore(runs)),
    after,
  )
}
