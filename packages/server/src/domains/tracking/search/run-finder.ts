import { type Clause, type Filter, type OrderKey, parseFilter, parseOrderBy, runGrammar } from '@evenkeel/contract'
import type { Db } from '../../../platform/db.ts'
import { pageTokens, type Position } from '../../../platform/page-token.ts'
import { metricStore } from '../metric-store.ts'
import { readQuery } from './read-query.ts'
import { partsOf, type RunPart } from './run-order.ts'
import { type FoundRow, type RunQuery, runSearchStore } from './run-search-store.ts'

export interface RunsAsked extends Omit<RunQuery, 'filter'> {
  readonly filter: string
  readonly orderBy: readonly string[]
  readonly limit: number
  readonly pageToken?: string | undefined
  /** Says that a page token is none, or one of another query. */
  readonly refuse?: () => Error
}

export interface FoundPage {
  readonly rows: readonly FoundRow[]
  /** The token of what follows when a page ends after so many of the rows; null behind the last run. */
  tokenAfter(count: number): string | null
}

/** Finds the runs of a page; what belongs to them is read by whoever asked, and only that. */
export function createRunFinder(db: Db) {
  const store = runSearchStore(db)

  /** Rows from `from` on, part after part, each with the part that it stands in. */
  async function rowsOf(query: RunQuery, order: readonly OrderKey[], limit: number, from: Position | null) {
    const numbers = await metricNumbers(db, query.projectId, [...clausesOf(query.filter), ...order])
    const parts = partsOf(order, numbers)
    const context = { metrics: numbers, ordered: parts[0]!.ordered }
    const among = await store.rarest(required(query.filter), context, rareFor(limit))
    const found: { row: FoundRow; part: RunPart }[] = []
    for (const part of parts.filter(({ phase }) => phase >= (from?.phase ?? 0))) {
      const position = part.phase === from?.phase ? from?.values : undefined
      const rows = await store.page(query, part, context, { limit: limit - found.length, position, among })
      found.push(...rows.map((row) => ({ row, part })))
      if (found.length === limit) break
    }
    return found
  }

  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a page token of another query */
    async page({ filter: text, orderBy, limit, pageToken, refuse, ...where }: RunsAsked): Promise<FoundPage> {
      const filter = readQuery(() => parseFilter(text, runGrammar))
      const order = readQuery(() => parseOrderBy(orderBy, runGrammar))
      const { projectId, experimentIds, view } = where
      const tokens = pageTokens({ search: 'runs', projectId, experimentIds, text, view, orderBy }, refuse)
      const from = pageToken ? tokens.decode(pageToken) : null

      const found = await rowsOf({ ...where, filter }, order, limit + 1, from)
      return {
        rows: found.slice(0, limit).map(({ row }) => row),
        tokenAfter(count) {
          const last = found[count - 1]
          if (!last || count === found.length) return null
          return tokens.encode({ phase: last.part.phase, values: last.row.position })
        },
      }
    },
  }
}

/** Numbers of the metrics among what a query names. */
export async function metricNumbers(
  db: Db,
  projectId: string,
  named: readonly Pick<OrderKey, 'entity' | 'key'>[],
): Promise<ReadonlyMap<string, number>> {
  const keys = new Set(named.filter(({ entity }) => entity === 'metric').map(({ key }) => key))
  const rows = keys.size === 0 ? [] : await metricStore(db).findKeys(projectId, [...keys])
  return new Map(rows.map(({ key, key_id }) => [key, key_id]))
}

export const clausesOf = (filter: Filter): readonly Clause[] => {
  if (!('of' in filter)) return [filter]
  return filter.kind === 'not' ? clausesOf(filter.of) : filter.of.flatMap(clausesOf)
}

/** Clauses that every run of the answer fulfils. */
const required = (filter: Filter): readonly Clause[] => {
  if (!('of' in filter)) return [filter]
  return filter.kind === 'and' ? filter.of.flatMap(required) : []
}

/**
 * How few runs make it worth beginning with them. Otherwise runs are looked at in their order until a page is full:
 * among 100,000 runs both cost the same about here.
 */
const rareFor = (limit: number) => Math.ceil(250 * Math.sqrt(limit))
