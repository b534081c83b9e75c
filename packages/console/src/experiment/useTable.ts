import type { RunView } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { viewsQuery } from './queries.ts'
import { isChanged, needsViews, NO_VIEW, openView, searchOf, stateOf, type TableState } from './table-state.ts'

/** How the table of an experiment is looked at, and ways to change that. The address holds all of it. */
export interface Table {
  readonly state: TableState
  readonly view: RunView | undefined
  readonly views: readonly RunView[]
  /** Something is other than in the view, or than without one. */
  readonly changed: boolean
  /** The address names a view that is not there. */
  readonly missing: boolean
  change(next: Partial<TableState>): void
  /** Opens a view as it was saved, or none. */
  open(view: RunView | undefined): void
}

/** Undefined until it is known which view is open. */
export function useTable(experiment: string): Table | undefined {
  const search = useSearch({ from: '/experiments/$experiment' })
  const navigate = useNavigate({ from: '/experiments/$experiment' })
  const query = useQuery(viewsQuery(experiment))
  if (query.isPending && needsViews(search)) return undefined

  const views = query.data?.views ?? []
  const view = openView(search, views)
  const state = stateOf(search, view)
  const write = (next: TableState, of: RunView | undefined) => {
    // Other runs may be in the table then; what was selected would be out of sight.
    const other = next.filter !== state.filter ? { selected: undefined } : {}
    const said = searchOf(next, of, views)
    void navigate({ search: (now) => ({ ...now, ...other, ...said }), replace: true, resetScroll: false })
  }
  return {
    state,
    view,
    views,
    changed: isChanged(state, view),
    missing: search.view !== undefined && search.view !== NO_VIEW && !view && !query.isPending,
    change: (next) => write({ ...state, ...next }, view),
    open: (next) => write(stateOf({}, next), next),
  }
}
