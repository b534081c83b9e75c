interface Page<Row> {
  readonly items: readonly Row[]
  readonly nextCursor: string | null
}

interface Merged<Row> {
  readonly rows: readonly Row[]
  /** So much is new that rows between the first page of now and that of then are not known. */
  readonly gap: boolean
}

/**
 * Pages that were read as a person scrolled, with what the first page says now: new rows come first, those that left it
 * go, and the rest stays where it was.
 *
 * @param fresh - rows that were asked for again by their id
 */
export function mergeRows<Row extends { readonly id: string }>(
  pages: readonly Page<Row>[],
  head: Page<Row> | undefined,
  fresh: readonly Row[] = [],
): Merged<Row> {
  const again = new Map(fresh.map((row) => [row.id, row]))
  const finish = (rows: readonly Row[], gap: boolean) => ({ rows: rows.map((row) => again.get(row.id) ?? row), gap })

  const known = unique(pages.flatMap(({ items }) => items))
  if (!head) return finish(known, false)
  if (head.nextCursor === null) return finish(head.items, false)
  const first = new Set(head.items.map(({ id }) => id))
  const lastKept = known.findLastIndex(({ id }) => first.has(id))
  if (lastKept < 0) return finish(head.items, known.length > 0)
  return finish([...head.items, ...known.slice(lastKept + 1)], false)
}

/** A row that moved while pages were read may come twice. */
function unique<Row extends { readonly id: string }>(rows: readonly Row[]): Row[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}
