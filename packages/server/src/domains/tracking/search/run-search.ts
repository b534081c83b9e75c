import { type Clause, type Filter, type OrderKey, parseFilter, parseOrderBy, runGrammar } from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import type { Db } from '../../../platform/db.ts'
import { metricStore } from '../metric-store.ts'
import { requireMost } from './limits.ts'
import { pageTokens, type Position } from './page-token.ts'
import { readQuery } from './read-query.ts'
import { partsOf, type RunPart } from './run-order.ts'
import {
  type FoundRow,
  type RunQuery,
  type RunRow,
  runSearchStore,
  type RunTexts,
  type View,
} from './run-search-store.ts'

export interface RunSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly view: View
  readonly maxResults: number
  readonly orderBy: readonly string[]
  readonly pageToken?: string | undefined
}

/** A run, with its lists as the items of JSON arrays: nobody takes them apart on the way to the client. */
export type FoundRun = RunRow & RunTexts

export interface FoundRuns {
  readonly runs: readonly FoundRun[]
  readonly nextPageToken: string | null
}

/** Runs whose lists are read by one statement, and the characters after which a page ends early. */
const chunk = 500
const budget = 32 * 1024 ** 2

export function createRunSearch({ db }: { readonly db: Db }) {
  const store = runSearchStore(db)
  const metrics = metricStore(db)

  async function metricNumbers(projectId: string, filter: Filter, order: readonly OrderKey[]) {
    const named = [...clausesOf(filter), ...order].filter(({ entity }) => entity === 'metric')
    const rows = await metrics.findKeys(projectId, [...new Set(named.map(({ key }) => key))])
    return new Map(rows.map(({ key, key_id }) => [key, key_id]))
  }

  /** Rows from `from` on, part after part, each with the part that it stands in. */
  async function rowsOf(query: RunQuery, order: readonly OrderKey[], limit: number, from: Position | null) {
    const numbers = await metricNumbers(query.projectId, query.filter, order)
    const parts = partsOf(order, numbers)
    const context = { metrics: numbers, ordered: parts[0]!.ordered }
    const among = await store.rarest(required(query.filter), context, rareFor(limit))
    const found: { row: FoundRow; part: RunPart }[] = []
    for (const part of parts.filter(({ phase }) => phase >= (from?.phase ?? 0))) {
      const position = part.phase === from?.phase ? from.values : undefined
      const rows = await store.page(query, part, context, { limit: limit - found.length, position, among })
      found.push(...rows.map((row) => ({ row, part })))
      if (found.length === limit) break
    }
    return found
  }

  async function withTexts(rows: readonly RunRow[]): Promise<FoundRun[]> {
    const runs: FoundRun[] = []
    let size = 0
    for (let at = 0; at < rows.length && size < budget; at += chunk) {
      const some = rows.slice(at, at + chunk)
      const texts = await store.texts(some.map(({ run_number }) => run_number))
      runs.push(...some.map((row, index) => ({ ...row, ...texts[index]! })))
      size += texts.reduce(
        (sum, { metrics, params, tags, datasets }) =>
          sum + metrics.length + params.length + tags.length + datasets.length,
        0,
      )
    }
    return runs
  }

  return {
    /** @throws DomainError `tracking.bad_filter`, or `http.invalid_request` for a page token of another query */
    async search({ projectId }: Caller, request: RunSearch): Promise<FoundRuns> {
      const { experimentIds, filter: text, view, maxResults, orderBy, pageToken } = request
      requireMost(maxResults, 50_000)
      const filter = readQuery(() => parseFilter(text, runGrammar))
      const order = readQuery(() => parseOrderBy(orderBy, runGrammar))
      const tokens = pageTokens({ search: 'runs', projectId, experimentIds, text, view, orderBy })
      const from = pageToken ? tokens.decode(pageToken) : null
      const query = { projectId, experimentIds: numbersOf(experimentIds), view, filter }

      const found = await rowsOf(query, order, maxResults + 1, from)
      const runs = await withTexts(found.slice(0, maxResults).map(({ row }) => row))
      const last = found[runs.length - 1]
      if (!last || runs.length === found.length) return { runs, nextPageToken: null }
      return { runs, nextPageToken: tokens.encode({ phase: last.part.phase, values: last.row.position }) }
    },
  }
}

/** Ids that are no numbers are of no experiment. */
const numbersOf = (ids: readonly string[]): number[] => [
  ...new Set(ids.filter((id) => /^\d{1,15}$/.test(id)).map(Number)),
]

const clausesOf = (filter: Filter): readonly Clause[] => {
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
