import { canonicalJson, type RunView, type RunViewContents } from '@evenkeel/contract'

/** How the table is looked at. What a view holds, and what was changed since, both come to this. */
export interface TableState {
  /** Undefined: those that are shown while nobody chose. */
  readonly columns: readonly string[] | undefined
  /** Of columns that are not as wide as usual; `run:name` is the one that stays at the left. */
  readonly widthsPx: Readonly<Record<string, number>>
  readonly filter: string
  readonly orderBy: readonly string[]
  /** Such as `params.optimizer`; empty: not grouped. */
  readonly groupBy: string
}

/** What the address says: a view, and what is other than in it. */
export interface TableSearch {
  readonly view?: string | undefined
  readonly columns?: string[] | undefined
  readonly widths?: Record<string, number> | undefined
  readonly filter?: string | undefined
  readonly order?: string | undefined
  readonly group?: string | undefined
}

/** In place of the id of a view: none, though one opens by itself. */
export const NO_VIEW = 'none'

const PLAIN: TableState = { columns: undefined, widthsPx: {}, filter: '', orderBy: [], groupBy: '' }

const saysNothing = ({ view, columns, widths, filter, order, group }: TableSearch): boolean =>
  [view, columns, widths, filter, order, group].every((part) => part === undefined)

/** Whether the views must be known before the table is. */
export const needsViews = (search: TableSearch): boolean =>
  saysNothing(search) || (search.view !== undefined && search.view !== NO_VIEW)

/** The view that is open: the one that the address names, or else, when it says nothing, the one that opens by itself. */
export function openView(search: TableSearch, views: readonly RunView[]): RunView | undefined {
  if (saysNothing(search)) return views.find(({ isDefault }) => isDefault)
  return views.find(({ id }) => id === search.view)
}

const stateOfView = (view: RunView | undefined): TableState =>
  view
    ? {
        columns: view.contents.columns ?? undefined,
        widthsPx: view.contents.widthsPx,
        filter: view.contents.filter,
        orderBy: view.contents.orderBy,
        groupBy: view.contents.groupBy ?? '',
      }
    : PLAIN

export function stateOf({ columns, widths, filter, order, group }: TableSearch, view: RunView | undefined): TableState {
  const base = stateOfView(view)
  return {
    columns: columns ?? base.columns,
    widthsPx: widths ?? base.widthsPx,
    filter: filter ?? base.filter,
    orderBy: order === undefined ? base.orderBy : order === '' ? [] : [order],
    groupBy: group ?? base.groupBy,
  }
}

/** What the address must say for a state: what is as in the view is left out. */
export function searchOf(
  { columns, widthsPx, filter, orderBy, groupBy }: TableState,
  view: RunView | undefined,
  views: readonly RunView[],
): Required<TableSearch> {
  const base = stateOfView(view)
  const other = <T>(value: T, before: unknown, found: unknown) => (isSame(found, before) ? undefined : value)
  const said = {
    columns: columns && other([...columns], base.columns, columns),
    widths: other({ ...widthsPx }, base.widthsPx, widthsPx),
    filter: other(filter, base.filter, filter),
    order: other(orderBy[0] ?? '', base.orderBy, orderBy),
    group: other(groupBy, base.groupBy, groupBy),
  }
  return { ...said, view: view?.id ?? (views.some(({ isDefault }) => isDefault) ? NO_VIEW : undefined) }
}

const isSame = (a: unknown, b: unknown) => canonicalJson(a ?? null) === canonicalJson(b ?? null)

/** Whether the table is other than its view, or than what is shown without one. */
export const isChanged = (state: TableState, view: RunView | undefined): boolean =>
  !isSame(contentsOf(state), contentsOf(stateOfView(view)))

/** As a view keeps it. */
export const contentsOf = ({ columns, widthsPx, filter, orderBy, groupBy }: TableState): RunViewContents => ({
  columns: columns ? [...columns] : null,
  widthsPx: { ...widthsPx },
  filter,
  orderBy: [...orderBy],
  groupBy: groupBy === '' ? null : groupBy,
})
