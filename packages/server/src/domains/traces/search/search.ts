import {
  FilterError,
  type OrderKey,
  parseFilter,
  parseOrderBy,
  type TraceInfo,
  traceGrammar,
  tracesErrors,
} from '@evenkeel/contract'
import type { Caller } from '../../../platform/auth.ts'
import { failures } from '../../../platform/errors.ts'
import { pageTokens } from '../../../platform/page-token.ts'
import type { TracesDeps } from '../deps.ts'
import { most } from '../limits.ts'
import { presentTrace } from '../traces.ts'
import { searchTraces } from './store.ts'

const fail = failures(tracesErrors)

export interface TraceSearch {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly maxResults: number
  readonly orderBy: readonly string[]
  readonly pageToken?: string | undefined
}

export function createTraceSearch({ db }: Pick<TracesDeps, 'db'>) {
  return {
    /** @throws DomainError `traces.bad_filter`, `traces.bad_value`, or `http.invalid_request` for a page token of another query */
    async search(
      { projectId }: Caller,
      { experimentIds, filter: text, maxResults, orderBy, pageToken }: TraceSearch,
    ): Promise<{ traces: TraceInfo[]; nextPageToken: string | null }> {
      if (maxResults < 1 || maxResults > most.page) throw badPage(maxResults)
      const filter = read(() => parseFilter(text, traceGrammar))
      const order: readonly OrderKey[] = read(() => parseOrderBy(orderBy, traceGrammar))
      const tokens = pageTokens({ search: 'traces', projectId, experimentIds, text, orderBy })
      const position = pageToken ? tokens.decode(pageToken).values : undefined

      const rows = await searchTraces(db, {
        projectId,
        experimentIds: experimentIds.filter((id) => /^\d{1,15}$/.test(id)).map(Number),
        filter,
        order,
        limit: maxResults + 1,
        position,
      }).catch(explain)
      const isMore = rows.length > maxResults
      return {
        traces: rows.slice(0, maxResults).map(presentTrace),
        nextPageToken: isMore ? tokens.encode({ values: rows[maxResults - 1]!.position }) : null,
      }
    },
  }
}

function read<T>(parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    if (!(cause instanceof FilterError)) throw cause
    throw fail('traces.bad_filter', { position: cause.position }, { why: cause.message, cause })
  }
}

/** Only PostgreSQL knows whether a regular expression is one. */
function explain(cause: unknown): never {
  if ((cause as { code?: unknown }).code !== '2201B') throw cause
  const why = `The pattern after RLIKE is no regular expression: ${(cause as Error).message}`
  throw fail('traces.bad_filter', { position: null }, { why, cause })
}

function badPage(maxResults: number) {
  const why = `Invalid value ${maxResults} for parameter 'max_results' supplied: it must be a positive integer of ${most.page} at most.`
  return fail('traces.bad_value', { field: 'max_results' }, { why })
}
